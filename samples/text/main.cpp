// SPDX-License-Identifier: MIT
//
// hekla-text: continues text with a language model from a checkpoint folder.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "checkpoint_text.hpp"
#include "sampler.hpp"
#include "stop_strings.hpp"
#include "text_model.hpp"
#include "tokenizer.hpp"

namespace {

using namespace hekla::text;
using Clock = std::chrono::steady_clock;

struct Arguments {
    TextModelOptions model;
    SamplerSettings sampler;
    std::string prompt, prompt_file, profile;
    std::vector<std::int32_t> prompt_ids;
    std::vector<std::string> stop;
    int max_tokens = 128;
    bool print_ids = false, ignore_eos = false, hide_prompt = false, quiet = false;
};

volatile std::sig_atomic_t interrupted = 0;
TextModel* running = nullptr;

void on_interrupt(int) {
    interrupted = 1;
    if (running) running->cancel();
}

/// What one completion needs besides the model.
struct Host {
    const Arguments& arguments;
    TextModel& model;
    const Tokenizer* tokenizer;  // null: ids only
    ModelTokens tokens;          // by which the model begins and ends a text
    Sampler sampler;
    std::vector<TokenId> history;
    std::size_t prompt_tokens = 0, new_tokens = 0;
    double prompt_seconds = 0, new_seconds = 0;
};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void show(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// Reads the prompt and writes what follows it, token by token.
void complete(Host& host, const std::vector<TokenId>& prompt) {
    const Arguments& a = host.arguments;
    auto start = Clock::now();
    std::span<const float> logits = host.model.read(prompt);
    host.history.insert(host.history.end(), prompt.begin(), prompt.end());
    host.prompt_seconds += seconds_since(start);
    host.prompt_tokens += prompt.size();

    StopStrings stop(a.stop);
    std::optional<TextStream> stream;
    if (host.tokenizer) {
        // Told of the prompt, so that the first new word keeps its space.
        stream.emplace(host.tokenizer->stream());
        for (const TokenId id : prompt) stream->push(id);
    }
    start = Clock::now();
    std::size_t made = 0;
    bool ended = false;
    for (int i = 0; i < a.max_tokens && !logits.empty() && !stop.stopped(); ++i) {
        const TokenId id = host.sampler.choose(logits, host.history);
        ended = !a.ignore_eos && !a.print_ids && host.tokens.ends(id);
        if (ended) break;
        host.history.push_back(id);
        ++made;
        if (a.print_ids)
            show((made > 1 ? "," : "") + std::to_string(id));
        else if (stream)
            show(stop.push(stream->push(id)));
        if (i + 1 == a.max_tokens || interrupted) break;
        if (host.model.position() >= host.model.capacity()) {
            std::fprintf(stderr, "\nhekla-text: the context is full (%lld tokens)\n",
                         static_cast<long long>(host.model.capacity()));
            break;
        }
        const TokenId next[] = {id};
        logits = host.model.read(next);
    }
    if (stream && !a.print_ids) {
        if (!stop.stopped()) show(stop.push(stream->finish()));
        show(stop.finish());
    }
    show("\n");
    host.new_seconds += seconds_since(start);
    host.new_tokens += made;
}

void report(const Host& host) {
    if (host.arguments.quiet || host.prompt_tokens == 0) return;
    std::fprintf(
        stderr, "%s: prompt %zu tokens in %.0f ms (%.1f tokens/s); %zu new tokens, %.1f tokens/s\n",
        host.model.device_text().c_str(), host.prompt_tokens, host.prompt_seconds * 1e3,
        static_cast<double>(host.prompt_tokens) / std::max(host.prompt_seconds, 1e-9),
        host.new_tokens, static_cast<double>(host.new_tokens) / std::max(host.new_seconds, 1e-9));
}

std::string read_stream(std::istream& in) {
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// One line after the other, each read after all that came before.
void interact(Host& host) {
    std::fprintf(stderr,
                 "Write the beginning of a text and press Enter; /reset forgets, Ctrl-C stops an "
                 "answer, Ctrl-D ends.\n");
    std::string line;
    while (std::fputs("> ", stderr), std::fflush(stderr), std::getline(std::cin, line)) {
        if (line == "/reset") {
            host.model.reset();
            host.history.clear();
            continue;
        }
        if (line.empty()) continue;
        interrupted = 0;
        try {
            complete(host, host.tokenizer->encode(line, host.history.empty()));
        } catch (const hekla::Failure& e) {
            std::fprintf(stderr, "hekla-text: %s\n", e.what());
        }
    }
}

int run(Arguments& a) {
    a.model.baseline = a.profile == "baseline";
    a.model.progress = isatty(STDERR_FILENO) && !a.quiet;
    if (!std::filesystem::exists(a.model.model))
        throw std::runtime_error(a.model.model + ": no such file or folder");
    const bool ids_only = !a.prompt_ids.empty() && a.print_ids;
    const auto [tokenizer, tokens] = read_checkpoint_text(a.model.model, !ids_only);

    const bool has_prompt = !a.prompt.empty() || !a.prompt_file.empty() || !a.prompt_ids.empty();
    const bool interactive = !has_prompt && isatty(STDIN_FILENO);
    if (!a.prompt_file.empty()) {
        std::ifstream file(a.prompt_file, std::ios::binary);
        if (!file) throw std::runtime_error(a.prompt_file + " cannot be read");
        a.prompt = read_stream(file);
    } else if (!has_prompt && !interactive) {
        a.prompt = read_stream(std::cin);
    }
    std::vector<TokenId> prompt(a.prompt_ids.begin(), a.prompt_ids.end());
    if (prompt.empty() && !interactive) {
        prompt = tokenizer->encode(a.prompt, true);
        if (prompt.empty() && tokens.bos) prompt = {*tokens.bos};  // an empty prompt: any text
    }
    if (!interactive && a.model.capacity == 0)
        a.model.capacity = static_cast<std::int64_t>(prompt.size()) + a.max_tokens;

    TextModel model(a.model);
    if (tokenizer) tokenizer->require_rows(model.vocabulary());
    Host host{a, model, tokenizer ? &*tokenizer : nullptr, tokens, Sampler(a.sampler), {}};
    running = &model;
    std::signal(SIGINT, on_interrupt);
    if (interactive) {
        interact(host);
    } else {
        if (!a.hide_prompt && !a.print_ids)
            show(a.prompt_ids.empty() ? a.prompt : tokenizer->decode(prompt));
        complete(host, prompt);
    }
    std::signal(SIGINT, SIG_DFL);
    running = nullptr;
    report(host);
    return interrupted && !interactive ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    a.sampler.temperature = 0.8;
    a.sampler.top_p = 0.95;
    CLI::App app{
        "Continues a text with a language model (GPT-2, Llama, Mistral, Qwen, Gemma) on any Vulkan "
        "device.",
        "hekla-text"};
    app.add_option("--model", a.model.model,
                   "Checkpoint folder (config.json, model.safetensors, tokenizer.json), its weight "
                   "file, or a "
                   "GGUF file alone")
        ->required();
    app.add_option("--graph", a.model.graph,
                   "Graph file; left out: found by the checkpoint's own config")
        ->check(CLI::ExistingFile);
    app.add_option(
        "-p,--prompt", a.prompt,
        "The text to be continued; left out: standard input, or line by line on a terminal");
    app.add_option("--prompt-file", a.prompt_file, "Read the text from a file")
        ->excludes("--prompt");
    app.add_option("--prompt-ids", a.prompt_ids, "Token ids instead of a text, with commas between")
        ->delimiter(',')
        ->excludes("--prompt")
        ->excludes("--prompt-file");
    app.add_option("-n,--max-tokens", a.max_tokens, "New tokens at most")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--temperature", a.sampler.temperature, "0: always the most likely token")
        ->capture_default_str();
    app.add_option("--top-k", a.sampler.top_k, "Only the k most likely tokens; 0: all")
        ->capture_default_str();
    app.add_option("--top-p", a.sampler.top_p,
                   "Only the fewest tokens whose probabilities reach p; 1: all")
        ->capture_default_str();
    app.add_option("--min-p", a.sampler.min_p,
                   "Only tokens at least p times as likely as the likeliest; 0: all")
        ->capture_default_str();
    app.add_option("--repeat-penalty", a.sampler.repeat_penalty,
                   "Above 1: recent tokens become less likely")
        ->capture_default_str();
    app.add_option("--repeat-last-n", a.sampler.repeat_last_n,
                   "How many tokens are recent; -1: all")
        ->capture_default_str();
    app.add_option("--stop", a.stop, "End before this text (repeatable)")->allow_extra_args(false);
    app.add_option("--seed", a.sampler.seed, "Same seed, same device: same text")
        ->capture_default_str();
    app.add_option(
           "--context", a.model.capacity,
           "Tokens the context holds; left out: what is needed, on a terminal what the model knows")
        ->check(CLI::PositiveNumber);
    app.add_option("--device", a.model.device,
                   "As `hekla devices` prints it (cpu, vulkan:0), or part of a name");
    app.add_option("--profile", a.profile, "baseline: forget every optional feature of the device")
        ->check(CLI::IsMember({"baseline", "full"}));
    app.add_flag("--print-ids", a.print_ids,
                 "Print the new token ids instead of text; an end-of-text id does not stop");
    app.add_flag("--ignore-eos", a.ignore_eos, "Go on after an end-of-text token");
    app.add_flag("--hide-prompt", a.hide_prompt, "Print only what is new");
    app.add_flag("--quiet", a.quiet, "No speed line on stderr");
    app.footer("Exit codes: 0 done; 1 failed; 2 wrong command line; 130 stopped by Ctrl-C.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    try {
        return run(a);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "hekla-text: %s\n", e.what());
        return 1;
    }
}
