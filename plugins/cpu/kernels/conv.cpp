// SPDX-License-Identifier: MIT
// 2-D convolution and transposed convolution: y = act(sum * scale + bias) + residual, sums in double precision over channels, kernel
// rows and kernel columns in this order. x: [batch, channels, height, width]; y, residual: [batch, out, out_height, out_width];
// scale, bias: [out]; weights raw: [out, channels / groups, kernel_h, kernel_w] or, transposed with layout 0 (io),
// [channels, out / groups, kernel_h, kernel_w].
#include "activations.hpp"
#include "kernel.hpp"
#include "loops.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hekla::cpu {

namespace {

/// Along one axis, tap v of the kernel joins output position j with input position j * stride + v * dilation - pad; transposed, the
/// other way round.
struct Axis {
    std::int64_t size, out_size, kernel, stride, pad, dilation;
};

/// The j in [0, count) with 0 <= j * stride + shift < size: [first, second).
std::pair<std::int64_t, std::int64_t> inside(std::int64_t shift, std::int64_t stride,
                                             std::int64_t size, std::int64_t count) {
    const std::int64_t first = shift < 0 ? (stride - 1 - shift) / stride : 0;
    const std::int64_t last = shift >= size ? 0 : (size - 1 - shift) / stride + 1;
    return {first, std::min(last, count)};
}

struct Convolution {
    Convolution(Words& words, bool is_transposed)
        : x(words.strided<4>("x")),
          residual(words.strided<4>("residual")),
          scale(words.tensor("scale")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          y(words.strided<4>("y")),
          batch(words.integer("batch")),
          channels(words.integer("channels")) {
        rows.size = words.integer("height");
        columns.size = words.integer("width");
        out_size = words.integer("out_size");
        rows.out_size = words.integer("out_height");
        columns.out_size = words.integer("out_width");
        rows.kernel = words.integer("kernel_h");
        columns.kernel = words.integer("kernel_w");
        rows.stride = words.integer("stride_h");
        columns.stride = words.integer("stride_w");
        rows.pad = words.integer("pad_h");
        columns.pad = words.integer("pad_w");
        rows.dilation = words.integer("dilation_h");
        columns.dilation = words.integer("dilation_w");
        if (!is_transposed) up = words.integer("up");
        groups = words.integer("groups");
        if (is_transposed) out_first = words.integer("layout_word") == 1;
        stored = words.integer("stored");
        epilogue.act = words.integer("act");
        epilogue.slope = words.real("slope");
        has_residual = words.flag("has_residual");
        has_scale = words.flag("has_scale");
        has_bias = words.flag("has_bias");
        if (!is_transposed)  // of packed weights and of tiles, which are not for this backend
            for (const char* name : {"row_elements", "first_element", "first_tile"}) words.integer(name);
    }

    std::uint32_t in_group() const { return channels / groups; }
    std::uint32_t out_group() const { return out_size / groups; }
    std::size_t taps() const { return static_cast<std::size_t>(rows.kernel * columns.kernel); }

    /// Calls add_row(x, b, c, i, kernel, sums) for every channel c of every row i of y: it adds to sums[0, out_width) what the channel
    /// gives. kernel: [kernel_h, kernel_w].
    template <class AddRow>
    void run(Memory& memory, AddRow add_row) const {
        if (groups == 0 || channels % groups != 0 || out_size % groups != 0)
            memory.fail("channels are not divisible by groups");
        if (!epilogue.is_known()) memory.fail("act is word " + std::to_string(epilogue.act));
        if (rows.stride == 0 || columns.stride == 0) memory.fail("the stride is 0");
        if (up == 0) memory.fail("up is 0");
        const std::uint32_t height = static_cast<std::uint32_t>(rows.size),
                            width = static_cast<std::uint32_t>(columns.size);
        const Sizes<4> out_sizes{batch, out_size, static_cast<std::uint32_t>(rows.out_size),
                                 static_cast<std::uint32_t>(columns.out_size)};
        const auto from = memory.input(x, Sizes<4>{batch, channels, height, width});
        View<const float, 4> added{};
        if (has_residual) added = memory.input(residual, out_sizes);
        const float* factor = has_scale ? memory.input(scale, out_size) : nullptr;
        const float* shift = has_bias ? memory.input(bias, out_size) : nullptr;
        const Stored raw =
            memory.stored(weight, stored, std::uint64_t{out_size} * in_group() * taps());
        const auto to = memory.output(y, out_sizes);

        const std::size_t line = out_sizes[3], kernel_pitch = padded(taps());
        double* kernels = memory.scratch(in_group() * kernel_pitch + line);
        double* sums = kernels + in_group() * kernel_pitch;
        for (std::uint32_t o = 0; o < out_size; ++o) {
            const std::uint32_t first_channel = o / out_group() * in_group();
            const std::size_t first =
                out_first ? std::size_t{o} * in_group()
                          : std::size_t{first_channel} * out_group() + o % out_group();
            widen(raw, first * taps(), (out_first ? 1 : out_group()) * taps(), in_group(), taps(),
                  kernels, kernel_pitch);
            for (std::uint32_t b = 0; b < batch; ++b) {
                for (std::uint32_t i = 0; i < out_sizes[2]; ++i) {
                    std::fill_n(sums, line, 0.0);
                    for (std::uint32_t c = 0; c < in_group(); ++c) {
                        add_row(from, b, first_channel + c, i, kernels + c * kernel_pitch, sums);
                    }
                    finish(sums, line, factor == nullptr ? nullptr : factor + o,
                           shift == nullptr ? nullptr : shift + o,
                           has_residual ? added.row(b, o, i) : nullptr, added.step(),
                           to.row(b, o, i), to.step());
                }
            }
        }
    }

    void finish(const double* sums, std::size_t count, const float* factor, const float* shift,
                const float* added, std::size_t added_step, float* out, std::size_t step) const {
        for (std::size_t j = 0; j < count; ++j) {
            double value = sums[j];
            if (factor != nullptr) value *= static_cast<double>(*factor);
            if (shift != nullptr) value += static_cast<double>(*shift);
            value = epilogue(value);
            if (added != nullptr) value += static_cast<double>(added[j * added_step]);
            out[j * step] = static_cast<float>(value);
        }
    }

    Strided<4> x, residual;
    Tensor scale, weight, bias;
    Strided<4> y;
    std::uint32_t batch, channels;
    Axis rows{}, columns{};
    std::int64_t up = 1;  ///< x is read as if each place stood up x up times
    std::uint32_t out_size = 0, groups = 1, stored = 0;
    bool out_first = true;  ///< the weight's first axis is that of outputs
    Epilogue epilogue{};
    bool has_residual = false, has_scale = false, has_bias = false;
};

/// y[b, o, i, j] = sum of x[b, c, i stride - pad + u dilation, j stride - pad + v dilation] W[o, c, u, v]; zeros outside x.
struct Convolve {
    explicit Convolve(Words& words) : op(words, false) {}

    void run(Memory& memory) const {
        op.run(memory, [this](const View<const float, 4>& x, std::size_t b, std::size_t c,
                              std::int64_t i, const double* kernel, double* sums) {
            const Axis &rows = op.rows, &columns = op.columns;
            for (std::int64_t u = 0; u < rows.kernel; ++u) {
                const std::int64_t row = i * rows.stride + u * rows.dilation - rows.pad;
                if (row < 0 || row >= rows.size * op.up) continue;
                const float* line = x.row(b, c, static_cast<std::size_t>(row / op.up));
                for (std::int64_t v = 0; v < columns.kernel; ++v) {
                    const double factor = kernel[u * columns.kernel + v];
                    const std::int64_t shift = v * columns.dilation - columns.pad;
                    const auto [first, last] =
                        inside(shift, columns.stride, columns.size * op.up, columns.out_size);
                    for (std::int64_t j = first; j < last; ++j) {
                        const auto at =
                            static_cast<std::size_t>((j * columns.stride + shift) / op.up);
                        sums[j] += factor * static_cast<double>(line[at * x.step()]);
                    }
                }
            }
        });
    }

    Convolution op;
};

/// Each x[b, c, i, j] is added, times W[c, o, u, v], to y[b, o, i stride - pad + u dilation, j stride - pad + v dilation].
struct ConvolveTranspose {
    explicit ConvolveTranspose(Words& words) : op(words, true) {}

    void run(Memory& memory) const {
        op.run(memory, [this](const View<const float, 4>& x, std::size_t b, std::size_t c,
                              std::int64_t out_row, const double* kernel, double* sums) {
            const Axis &rows = op.rows, &columns = op.columns;
            for (std::int64_t u = 0; u < rows.kernel; ++u) {
                const std::int64_t reach = out_row + rows.pad - u * rows.dilation;
                if (reach < 0 || reach % rows.stride != 0 || reach / rows.stride >= rows.size)
                    continue;
                const float* line = x.row(b, c, static_cast<std::size_t>(reach / rows.stride));
                for (std::int64_t v = 0; v < columns.kernel; ++v) {
                    const double factor = kernel[u * columns.kernel + v];
                    const std::int64_t shift = v * columns.dilation - columns.pad;
                    const auto [first, last] =
                        inside(shift, columns.stride, columns.out_size, columns.size);
                    for (std::int64_t j = first; j < last; ++j) {
                        const auto at = static_cast<std::size_t>(j) * x.step();
                        sums[j * columns.stride + shift] += factor * static_cast<double>(line[at]);
                    }
                }
            }
        });
    }

    Convolution op;
};

/// The scale and shift that (x + before - mean) / sqrt(var + eps) * weight + bias comes to, per channel.
struct BatchNormFactors {
    explicit BatchNormFactors(Words& words)
        : before(words.tensor("before")),
          weight(words.tensor("weight")),
          bias(words.tensor("bias")),
          running_mean(words.tensor("running_mean")),
          running_var(words.tensor("running_var")),
          scale(words.tensor("scale")),
          shift(words.tensor("shift")),
          channels(words.integer("channels")),
          eps(words.real("eps")),
          has_before(words.flag("has_before")) {}

    void run(Memory& memory) const {
        const float* added = has_before ? memory.input(before, channels) : nullptr;
        const float* factor = memory.input(weight, channels);
        const float* term = memory.input(bias, channels);
        const float* mean = memory.input(running_mean, channels);
        const float* variance = memory.input(running_var, channels);
        float* to_scale = memory.output(scale, channels);
        float* to_shift = memory.output(shift, channels);
        for (std::size_t c = 0; c < channels; ++c) {
            const double times =
                static_cast<double>(factor[c]) /
                std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(eps));
            const double offset = added == nullptr ? 0.0 : static_cast<double>(added[c]);
            to_scale[c] = static_cast<float>(times);
            to_shift[c] = static_cast<float>((offset - static_cast<double>(mean[c])) * times +
                                             static_cast<double>(term[c]));
        }
    }

    Tensor before, weight, bias, running_mean, running_var, scale, shift;
    std::uint32_t channels;
    float eps;
    bool has_before;
};

constexpr Kernel kernels[] = {
    kernel<BatchNormFactors>("batch_norm_factors"),
    kernel<Convolve>("convolve"),
    kernel<ConvolveTranspose>("convolve_transpose"),
};

}  // namespace

std::span<const Kernel> conv_kernels() { return kernels; }

}  // namespace hekla::cpu
