// SPDX-License-Identifier: MIT
// What a row's elements come to. x: [d0, d1, d2, d3], the axes taken out last; y: [d0 d1].
#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace hekla::cpu {

namespace {

/// Calls visit(n, row) for each row, where row(f) calls f(i, value) for its elements in order.
template <class T, class Visit>
void for_each_reduced(const View<const T, 4>& x, const Sizes<4>& sizes, Visit visit) {
    for (std::size_t n = 0; n < std::size_t{sizes[0]} * sizes[1]; ++n) {
        visit(n, [&](auto f) {
            for (std::size_t i2 = 0, i = 0; i2 < sizes[2]; ++i2) {
                const T* row = x.row(n / sizes[1], n % sizes[1], i2);
                for (std::size_t i3 = 0; i3 < sizes[3]; ++i3, ++i) f(i, row[i3 * x.step()]);
            }
        });
    }
}

/// The block that they share.
struct Rows {
    explicit Rows(Words& words)
        : x(words.strided<4>("x")),
          y(words.tensor("y")),
          rows(words.integer("rows")),
          d1(words.integer("d1")),
          d2(words.integer("d2")),
          d3(words.integer("d3")) {}

    Sizes<4> sizes(const Memory& memory) const {
        return {memory.sizes(rows, d1, 1, 1)[0], d1, d2, d3};
    }

    Strided<4> x;
    Tensor y;
    std::uint32_t rows, d1, d2, d3;
};

/// `Function` maps a row, as for_each_reduced gives it, and its element count to its value, in double precision.
template <class Function>
struct Reduce {
    explicit Reduce(Words& words) : block(words), function(words) {}

    void run(Memory& memory) const {
        const Sizes<4> sizes = block.sizes(memory);
        const auto from = memory.input(block.x, sizes);
        float* to = memory.output(block.y, block.rows);
        const double count = static_cast<double>(block.d2) * block.d3;
        for_each_reduced(from, sizes, [&](std::size_t n, auto row) {
            const auto each = [&](auto f) {
                row([&](std::size_t, float value) { f(static_cast<double>(value)); });
            };
            to[n] = static_cast<float>(function(each, count));
        });
    }

    Rows block;
    Function function;
};

struct Sum {
    explicit Sum(Words&) {}
    template <class Row>
    double operator()(Row row, double) const {
        double sum = 0.0;
        row([&](double value) { sum += value; });
        return sum;
    }
};

struct Mean {
    explicit Mean(Words&) {}
    template <class Row>
    double operator()(Row row, double count) const {
        double sum = 0.0;
        row([&](double value) { sum += value; });
        return sum / count;
    }
};

struct Max {
    explicit Max(Words&) {}
    template <class Row>
    double operator()(Row row, double) const {
        double largest = -std::numeric_limits<double>::infinity();
        row([&](double value) { largest = std::max(largest, value); });
        return largest;
    }
};

struct Min {
    explicit Min(Words&) {}
    template <class Row>
    double operator()(Row row, double) const {
        double smallest = std::numeric_limits<double>::infinity();
        row([&](double value) { smallest = std::min(smallest, value); });
        return smallest;
    }
};

struct Prod {
    explicit Prod(Words&) {}
    template <class Row>
    double operator()(Row row, double) const {
        double product = 1.0;
        row([&](double value) { product *= value; });
        return product;
    }
};

struct Norm {
    explicit Norm(Words&) {}
    template <class Row>
    double operator()(Row row, double) const {
        double squares = 0.0;
        row([&](double value) { squares += value * value; });
        return std::sqrt(squares);
    }
};

struct Var {
    explicit Var(Words& words) : unbiased(words.flag("unbiased")) {}
    template <class Row>
    double operator()(Row row, double count) const {
        double sum = 0.0;
        row([&](double value) { sum += value; });
        const double mean = sum / count;
        double squares = 0.0;
        row([&](double value) { squares += (value - mean) * (value - mean); });
        return squares / (unbiased ? count - 1.0 : count);
    }

    bool unbiased;
};

/// log(sum of e^x), by the largest x, so that nothing overflows.
struct LogSumExp {
    explicit LogSumExp(Words& words) : largest(words) {}
    template <class Row>
    double operator()(Row row, double count) const {
        const double top = largest(row, count);
        if (std::isinf(top)) return top;
        double sum = 0.0;
        row([&](double value) { sum += std::exp(value - top); });
        return top + std::log(sum);
    }

    Max largest;
};

/// Place of the first element that no other is better than.
template <class Better>
struct ArgReduce {
    explicit ArgReduce(Words& words) : block(words), integers(words.flag("integers")) {}

    void run(Memory& memory) const {
        if (integers) {
            places<std::int32_t>(memory);
        } else {
            places<float>(memory);
        }
    }

  private:
    template <class T>
    void places(Memory& memory) const {
        const Sizes<4> sizes = block.sizes(memory);
        const auto from = memory.input<T>(block.x, sizes);
        auto* to = memory.output<std::int32_t>(block.y, block.rows);
        for_each_reduced(from, sizes, [&](std::size_t n, auto row) {
            T best{};
            row([&](std::size_t i, T value) {
                if (i != 0 && !Better()(value, best)) return;
                best = value;
                to[n] = static_cast<std::int32_t>(i);
            });
        });
    }

    Rows block;
    bool integers;
};

constexpr Kernel kernels[] = {
    kernel<Reduce<Sum>>("sum"),
    kernel<Reduce<Mean>>("mean"),
    kernel<Reduce<Max>>("max"),
    kernel<Reduce<Min>>("min"),
    kernel<Reduce<Prod>>("prod"),
    kernel<Reduce<Norm>>("norm"),
    kernel<Reduce<Var>>("var"),
    kernel<Reduce<LogSumExp>>("logsumexp"),
    kernel<ArgReduce<std::greater<>>>("argmax"),
    kernel<ArgReduce<std::less<>>>("argmin"),
};

}  // namespace

std::span<const Kernel> reduce_kernels() { return kernels; }

}  // namespace hekla::cpu
