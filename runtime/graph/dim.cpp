// SPDX-License-Identifier: MIT
#include "graph/dim.hpp"

#include <algorithm>
#include <compare>
#include <limits>
#include <numeric>
#include <utility>

namespace hekla::graph {

namespace {

struct Rounded;

/// A symbol, or a rounded quotient.
struct Factor {
    std::uint32_t symbol = 0;
    std::shared_ptr<const Rounded> rounded;  // null: the symbol
};

/// numerator / denominator * factors. A denominator above 1 occurs only where the factors are known to be a multiple of it
/// (LH / 8 where LH is a multiple of 8), so that every term is a whole number.
struct Term {
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
    std::vector<Factor> factors;  // sorted; a power repeats its factor
};

constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t largest_size = 4096;  // factors in all, counted through rounded parts

std::int64_t checked_mul(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    // The smallest number has no opposite; leaving it out keeps negation and gcd safe.
    if (__builtin_mul_overflow(a, b, &result) || result == smallest) throw DimOverflow{};
    return result;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (__builtin_add_overflow(a, b, &result) || result == smallest) throw DimOverflow{};
    return result;
}

/// floor(a / b), b > 0.
std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return quotient - (a % b < 0 ? 1 : 0);
}

std::int64_t checked_lcm(std::int64_t a, std::int64_t b) {
    return checked_mul(a / std::gcd(a, b), b);
}

}  // namespace

struct Dim::Polynomial {
    std::vector<Term> terms;  // never empty; sorted by factors, no two alike, no numerator 0
    std::size_t size = 0;     // factors in all, rounded parts included
};

namespace {

/// floor(inner / divisor)
struct Rounded {
    Dim inner;
    std::int64_t divisor = 1;
    std::size_t size = 1;
};

}  // namespace

/// The only way from this file's helpers to a Dim's parts.
struct DimParts {
    static std::int64_t constant(const Dim& dim) { return dim.constant_; }
    static const Dim::Polynomial* polynomial(const Dim& dim) { return dim.polynomial_.get(); }
    static Dim make(std::int64_t constant, std::vector<Term> terms);
    static std::span<const Term> terms(const Dim& dim) {
        return dim.polynomial_ ? std::span<const Term>(dim.polynomial_->terms)
                               : std::span<const Term>();
    }
};

namespace {

std::strong_ordering compare(const Dim& a, const Dim& b);

std::strong_ordering compare(const Factor& a, const Factor& b) {
    if (!a.rounded || !b.rounded) {
        if (a.rounded || b.rounded) return a.rounded ? std::strong_ordering::greater : std::strong_ordering::less;
        return a.symbol <=> b.symbol;
    }
    if (a.rounded == b.rounded) return std::strong_ordering::equal;
    if (const auto order = a.rounded->divisor <=> b.rounded->divisor; order != 0) return order;
    return compare(a.rounded->inner, b.rounded->inner);
}

std::strong_ordering compare(const std::vector<Factor>& a, const std::vector<Factor>& b) {
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const Factor& x, const Factor& y) { return compare(x, y); });
}

std::strong_ordering compare(const Dim& a, const Dim& b) {
    if (const auto order = DimParts::constant(a) <=> DimParts::constant(b); order != 0) return order;
    if (DimParts::polynomial(a) == DimParts::polynomial(b)) return std::strong_ordering::equal;
    const auto x = DimParts::terms(a);
    const auto y = DimParts::terms(b);
    return std::lexicographical_compare_three_way(
        x.begin(), x.end(), y.begin(), y.end(), [](const Term& s, const Term& t) {
            if (const auto order = compare(s.factors, t.factors); order != 0) return order;
            if (const auto order = s.numerator <=> t.numerator; order != 0) return order;
            return s.denominator <=> t.denominator;
        });
}

void reduce(Term& term) {
    const std::int64_t common = std::gcd(term.numerator, term.denominator);
    if (common > 1) {
        term.numerator /= common;
        term.denominator /= common;
    }
}

/// Adds b's coefficient to a's; their factors are alike.
void add_coefficient(Term& a, const Term& b) {
    const std::int64_t denominator = checked_lcm(a.denominator, b.denominator);
    a.numerator = checked_add(checked_mul(a.numerator, denominator / a.denominator),
                              checked_mul(b.numerator, denominator / b.denominator));
    a.denominator = denominator;
    reduce(a);
}

/// What the product of the factors is known to be a multiple of, with the symbols' multiples.
std::int64_t multiple_of(const Term& term, std::span<const std::int64_t> multiples) {
    std::int64_t result = 1;
    for (const Factor& factor : term.factors) {
        if (factor.rounded || factor.symbol >= multiples.size()) continue;
        result = checked_mul(result, std::max<std::int64_t>(1, multiples[factor.symbol]));
    }
    return result;
}

Term scaled(const Term& term, std::int64_t numerator, std::int64_t denominator) {
    Term result{numerator, denominator, term.factors};
    reduce(result);
    return result;
}

}  // namespace

Dim DimParts::make(std::int64_t constant, std::vector<Term> terms) {
    std::sort(terms.begin(), terms.end(),
              [](const Term& a, const Term& b) { return compare(a.factors, b.factors) < 0; });
    std::vector<Term> merged;
    merged.reserve(terms.size());
    for (Term& term : terms) {
        if (!merged.empty() && compare(merged.back().factors, term.factors) == 0) {
            add_coefficient(merged.back(), term);
        } else {
            merged.push_back(std::move(term));
        }
        if (merged.back().numerator == 0) merged.pop_back();
    }
    Dim result;
    result.constant_ = constant;
    for (std::size_t i = 0; i < merged.size();) {  // terms without factors, left by substitution
        if (!merged[i].factors.empty()) {
            ++i;
            continue;
        }
        result.constant_ = checked_add(
            result.constant_, floor_quotient(merged[i].numerator, merged[i].denominator));
        merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (merged.empty()) return result;
    auto polynomial = std::make_shared<Dim::Polynomial>();
    for (const Term& term : merged) {
        polynomial->size += 1;
        for (const Factor& factor : term.factors) {
            polynomial->size += factor.rounded ? factor.rounded->size : 1;
        }
    }
    if (polynomial->size > largest_size) throw DimOverflow{};
    polynomial->terms = std::move(merged);
    result.polynomial_ = std::move(polynomial);
    return result;
}

Dim::Dim(std::int64_t constant) : constant_(constant) {}

Dim Dim::symbol(std::uint32_t id) {
    return DimParts::make(0, {Term{1, 1, {Factor{id, nullptr}}}});
}

bool Dim::is_constant() const { return polynomial_ == nullptr; }
std::int64_t Dim::constant() const { return constant_; }

bool Dim::operator==(const Dim& other) const { return compare(*this, other) == 0; }

Dim operator+(const Dim& a, const Dim& b) {
    const std::int64_t constant = checked_add(a.constant_, b.constant_);
    if (a.is_constant() && b.is_constant()) return constant;
    std::vector<Term> terms;
    for (const Dim* side : {&a, &b}) {
        const auto more = DimParts::terms(*side);
        terms.insert(terms.end(), more.begin(), more.end());
    }
    return DimParts::make(constant, std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) { return a + b * Dim(-1); }

Dim operator*(const Dim& a, const Dim& b) {
    const std::int64_t constant = checked_mul(a.constant_, b.constant_);
    if (a.is_constant() && b.is_constant()) return constant;
    const auto x = DimParts::terms(a);
    const auto y = DimParts::terms(b);
    if (x.size() * y.size() > largest_size) throw DimOverflow{};
    std::vector<Term> terms;
    for (const Term& term : x) {
        if (b.constant_ != 0) {
            terms.push_back(scaled(term, checked_mul(term.numerator, b.constant_), term.denominator));
        }
    }
    for (const Term& term : y) {
        if (a.constant_ != 0) {
            terms.push_back(scaled(term, checked_mul(term.numerator, a.constant_), term.denominator));
        }
    }
    for (const Term& s : x) {
        for (const Term& t : y) {
            if (s.factors.size() + t.factors.size() > largest_size) throw DimOverflow{};
            Term product{checked_mul(s.numerator, t.numerator),
                         checked_mul(s.denominator, t.denominator),
                         {}};
            reduce(product);
            product.factors.reserve(s.factors.size() + t.factors.size());
            std::merge(s.factors.begin(), s.factors.end(), t.factors.begin(), t.factors.end(),
                       std::back_inserter(product.factors),
                       [](const Factor& f, const Factor& g) { return compare(f, g) < 0; });
            terms.push_back(std::move(product));
        }
    }
    return DimParts::make(constant, std::move(terms));
}

Dim Dim::floor_div(std::int64_t divisor, std::span<const std::int64_t> multiples) const {
    if (divisor <= 0) throw DimOverflow{};
    std::vector<Term> whole;      // leaves the quotient
    std::int64_t whole_constant = 0;
    Dim rest = *this;
    // Each turn splits off what divides exactly, cancels common factors, and merges a nested rounding; the nesting is finite.
    while (true) {
        // Coefficients that the multiples do not explain (after a substitution) are scaled away: floor((x/a)/n) = floor(x/(a n)).
        std::int64_t scale = 1;
        for (const Term& term : DimParts::terms(rest)) {
            const std::int64_t multiple = multiple_of(term, multiples);
            scale = checked_lcm(scale, term.denominator / std::gcd(term.denominator, multiple));
        }
        if (scale > 1) {
            rest = rest * Dim(scale);
            divisor = checked_mul(divisor, scale);
        }

        // A term is units * (factors / multiple), the second a whole number: split its units by the divisor.
        std::vector<Term> left;
        std::int64_t common = divisor;
        for (const Term& term : DimParts::terms(rest)) {
            const std::int64_t multiple = multiple_of(term, multiples);
            const std::int64_t units =
                checked_mul(term.numerator, multiple / term.denominator);
            const std::int64_t quotient = floor_quotient(units, divisor);
            const std::int64_t remainder = units - quotient * divisor;
            if (quotient != 0) whole.push_back(scaled(term, quotient, multiple));
            if (remainder != 0) left.push_back(scaled(term, remainder, multiple));
            common = std::gcd(common, remainder);
        }
        const std::int64_t quotient = floor_quotient(rest.constant_, divisor);
        whole_constant = checked_add(whole_constant, quotient);
        std::int64_t constant = rest.constant_ - quotient * divisor;
        if (left.empty()) return DimParts::make(whole_constant, std::move(whole));

        // floor((g x + c) / (g n)) = floor((x + floor(c / g)) / n)
        if (common > 1) {
            for (Term& term : left) {
                term.denominator = checked_mul(term.denominator, common);
                reduce(term);
            }
            constant = floor_quotient(constant, common);
            divisor /= common;
        }

        // floor((floor(p / a) + q) / n) = floor((p + a q) / (a n)), if there is one rounding only
        const Term* nested = nullptr;
        std::size_t roundings = 0;
        for (const Term& term : left) {
            for (const Factor& factor : term.factors) roundings += factor.rounded ? 1u : 0u;
            if (term.factors.size() == 1 && term.factors.front().rounded && term.numerator == 1 &&
                term.denominator == 1) {
                nested = &term;
            }
        }
        if (nested != nullptr && roundings == 1) {
            const Rounded inner = *nested->factors.front().rounded;
            left.erase(left.begin() + (nested - left.data()));
            rest = inner.inner + DimParts::make(constant, std::move(left)) * Dim(inner.divisor);
            divisor = checked_mul(divisor, inner.divisor);
            continue;
        }

        // Stored with whole coefficients, so that it prints and compares as people write it: floor((LH+2)/4), not floor((LH/2+1)/2).
        std::int64_t denominators = 1;
        for (const Term& term : left) denominators = checked_lcm(denominators, term.denominator);
        const Dim inner = DimParts::make(constant, std::move(left)) * Dim(denominators);
        divisor = checked_mul(divisor, denominators);
        const std::size_t size = 1 + (inner.polynomial_ ? inner.polynomial_->size : 0);
        Factor factor{0, std::make_shared<const Rounded>(Rounded{inner, divisor, size})};
        whole.push_back(Term{1, 1, {std::move(factor)}});
        return DimParts::make(whole_constant, std::move(whole));
    }
}

std::optional<Dim> Dim::exact_div(std::int64_t divisor,
                                  std::span<const std::int64_t> multiples) const {
    if (divisor == 0) return std::nullopt;
    if (divisor < 0) return (*this * Dim(-1)).exact_div(checked_mul(divisor, -1), multiples);
    if (constant_ % divisor != 0) return std::nullopt;
    std::vector<Term> terms;
    for (const Term& term : DimParts::terms(*this)) {
        const std::int64_t multiple = multiple_of(term, multiples);
        const std::int64_t denominator = checked_mul(term.denominator, divisor);
        if (checked_mul(term.numerator, multiple) % denominator != 0) return std::nullopt;
        terms.push_back(scaled(term, term.numerator, denominator));
    }
    return DimParts::make(constant_ / divisor, std::move(terms));
}

Dim Dim::assuming(std::span<const std::int64_t> multiples) const {
    Dim result = constant_;
    for (const Term& term : DimParts::terms(*this)) {
        Term plain{term.numerator, term.denominator, {}};
        Dim product = 1;
        for (const Factor& factor : term.factors) {
            if (factor.rounded) {
                product = product * factor.rounded->inner.assuming(multiples).floor_div(
                                        factor.rounded->divisor, multiples);
            } else {
                plain.factors.push_back(factor);
            }
        }
        if (plain.factors.empty()) {
            result = result + product * Dim(plain.numerator);
        } else {
            result = result + product * DimParts::make(0, {std::move(plain)});
        }
    }
    return result;
}

bool Dim::uses(std::uint32_t symbol) const {
    for (const Term& term : DimParts::terms(*this)) {
        for (const Factor& factor : term.factors) {
            if (factor.rounded ? factor.rounded->inner.uses(symbol) : factor.symbol == symbol) return true;
        }
    }
    return false;
}

std::int64_t Dim::evaluate(std::span<const std::int64_t> symbols) const {
    std::int64_t sum = constant_;
    for (const Term& term : DimParts::terms(*this)) {
        std::int64_t product = 1;
        for (const Factor& factor : term.factors) {
            if (factor.rounded) {
                const Rounded& rounded = *factor.rounded;
                product = checked_mul(
                    product, floor_quotient(rounded.inner.evaluate(symbols), rounded.divisor));
            } else {
                if (factor.symbol >= symbols.size()) throw DimOverflow{};
                product = checked_mul(product, symbols[factor.symbol]);
            }
        }
        if (product % term.denominator == 0) {
            product = checked_mul(product / term.denominator, term.numerator);
        } else {
            product = floor_quotient(checked_mul(product, term.numerator), term.denominator);
        }
        sum = checked_add(sum, product);
    }
    return sum;
}

Dim Dim::substitute(std::span<const std::int64_t> values, const std::vector<bool>& known) const {
    Dim result = constant_;
    std::vector<Term> terms;
    for (const Term& term : DimParts::terms(*this)) {
        Term plain{term.numerator, term.denominator, {}};
        Dim product = 1;
        for (const Factor& factor : term.factors) {
            if (factor.rounded) {
                product = product * factor.rounded->inner.substitute(values, known).floor_div(
                                        factor.rounded->divisor);
            } else if (factor.symbol < known.size() && known[factor.symbol]) {
                if (factor.symbol >= values.size()) throw DimOverflow{};
                plain.numerator = checked_mul(plain.numerator, values[factor.symbol]);
                reduce(plain);
            } else {
                plain.factors.push_back(factor);
            }
        }
        if (plain.numerator == 0) continue;
        if (product.is_constant()) {
            plain.numerator = checked_mul(plain.numerator, product.constant_);
            if (plain.numerator == 0) continue;
            reduce(plain);
            terms.push_back(std::move(plain));
        } else if (plain.factors.empty() && plain.denominator == 1) {
            result = result + product * Dim(plain.numerator);
        } else {
            // a rounded part beside a quotient: multiply term by term, so that no fraction is lost
            for (const Term& part : DimParts::terms(product)) {
                Term both{checked_mul(part.numerator, plain.numerator),
                          checked_mul(part.denominator, plain.denominator), part.factors};
                both.factors.insert(both.factors.end(), plain.factors.begin(), plain.factors.end());
                std::sort(both.factors.begin(), both.factors.end(),
                          [](const Factor& f, const Factor& g) { return compare(f, g) < 0; });
                reduce(both);
                terms.push_back(std::move(both));
            }
            if (product.constant_ != 0) {
                plain.numerator = checked_mul(plain.numerator, product.constant_);
                reduce(plain);
                terms.push_back(std::move(plain));
            }
        }
    }
    return result + DimParts::make(0, std::move(terms));
}

namespace {

std::string factor_text(const Factor& factor, std::span<const std::string> names) {
    if (factor.rounded) {
        const std::string inner = factor.rounded->inner.text(names);
        const bool plain = inner.find_first_of("+-*/") == std::string::npos;
        return "floor(" + (plain ? inner : "(" + inner + ")") + "/" +
               std::to_string(factor.rounded->divisor) + ")";
    }
    if (factor.symbol < names.size()) return names[factor.symbol];
    return "?" + std::to_string(factor.symbol);
}

}  // namespace

std::string Dim::text(std::span<const std::string> names) const {
    // Sorted by spelling rather than by id, so that a file with its dims in another order reads the same.
    struct Piece {
        std::size_t degree;
        std::string product;
        std::int64_t numerator;
        std::int64_t denominator;
    };
    std::vector<Piece> pieces;
    for (const Term& term : DimParts::terms(*this)) {
        std::vector<std::string> factors;
        for (const Factor& factor : term.factors) factors.push_back(factor_text(factor, names));
        std::sort(factors.begin(), factors.end());
        std::string product;
        for (const std::string& factor : factors) product += (product.empty() ? "" : "*") + factor;
        pieces.push_back({term.factors.size(), std::move(product), term.numerator, term.denominator});
    }
    std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
        if ((a.numerator > 0) != (b.numerator > 0)) return a.numerator > 0;
        if (a.degree != b.degree) return a.degree > b.degree;
        return a.product < b.product;
    });
    std::string result;
    const bool constant_first = !pieces.empty() && pieces.front().numerator < 0 && constant_ > 0;
    if (pieces.empty() || constant_first) result = std::to_string(constant_);
    for (const Piece& piece : pieces) {
        std::string number = std::to_string(piece.numerator);
        if (piece.numerator < 0) {
            result += '-';
            number.erase(0, 1);
        } else if (!result.empty()) {
            result += '+';
        }
        if (number != "1") result += number + "*";
        result += piece.product;
        if (piece.denominator != 1) result += "/" + std::to_string(piece.denominator);
    }
    if (!pieces.empty() && !constant_first && constant_ != 0) {
        if (constant_ > 0) result += '+';
        result += std::to_string(constant_);
    }
    return result;
}

}  // namespace hekla::graph
