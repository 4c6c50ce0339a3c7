// The part of a model that doesn't depend on the design, and Verilator's user hooks ($finish, $stop, fatal errors).
#include "verilated_model.h"

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "verilated_cov.h"

namespace verilated_rt {

namespace {

// Thrown where Verilator must not go on (a design that does not converge would loop for ever).
struct Fatal final : std::runtime_error {
    using std::runtime_error::runtime_error;
};

thread_local Model* t_current = nullptr;
thread_local VerilatedContext* t_context = nullptr;
thread_local std::string t_creation_error;

// Verilated::threadContextp(p) also writes a process-wide pointer without a lock; models may run in many threads.
std::mutex g_context_mutex;

void enter_context(VerilatedContext* context) {
    if (t_context == context) return;
    const std::lock_guard<std::mutex> lock{g_context_mutex};
    Verilated::threadContextp(context);
    t_context = context;
}

// Keep what fits an error message; the whole text goes to stderr as it comes.
constexpr std::size_t kept_text = 4096;

std::uint64_t mix(std::uint64_t z) {  // splitmix64's output function
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

}  // namespace

class Model::Scope final {
    Model* const m_previous = t_current;

public:
    explicit Scope(Model* model) {
        enter_context(model->m_context.get());
        t_current = model;
    }
    ~Scope() { t_current = m_previous; }
};

Model::Model(const Settings& settings)
    : m_period{settings.period_ps}
    , m_random{mix(settings.seed + 0x9e3779b97f4a7c15ull)}
    , m_randomize{settings.randomize} {
    {
        const std::lock_guard<std::mutex> lock{g_context_mutex};
        m_context.reset(new VerilatedContext);  // sets the thread's context, too
        t_context = m_context.get();
    }
    m_context->threads(1);
    m_context->randReset(settings.randomize ? 2 : 0);
    // 0 would mean "choose by the system's clock"; the seed is a positive int.
    m_context->randSeed(static_cast<int>(m_random % 0x7fffffffull) + 1);
    t_current = this;  // the design's constructor asks for power-up values; create() restores
}

Model::~Model() = default;

Model* Model::current() noexcept { return t_current; }

template <typename F>
bool Model::guarded(F&& body) noexcept {
    if (m_stopped) return false;
    try {
        const Scope scope{this};
        body();
    } catch (const Fatal&) {
        // stop() has noted it
    } catch (const std::exception& e) {
        stop("", 0, e.what());
    } catch (...) { stop("", 0, "unknown C++ exception"); }
    return !m_stopped;
}

bool Model::step(const std::uint32_t* in, std::uint32_t* out) noexcept {
    return guarded([&] { clock(in, out); });
}

bool Model::trace_open(const std::string& path) noexcept {
    bool opened = false;
    return guarded([&] { opened = do_trace_open(path); }) && opened;
}

bool Model::trace_flush() noexcept {
    return guarded([&] { do_trace_flush(); });
}

bool Model::trace_close() noexcept {
    return guarded([&] { do_trace_close(); });
}

bool Model::coverage_write(const std::string& path) noexcept {
    // A stopped design still has coverage worth keeping.
    try {
        const Scope scope{this};
        m_context->coveragep()->write(path.c_str());
        return true;
    } catch (const std::exception&) { return false; }
}

void Model::print(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    m_text += text;
    if (m_text.size() > kept_text) m_text.erase(0, m_text.size() - kept_text);
}

void Model::stop(const char* file, int line, const char* message) {
    m_context->gotError(true);
    m_context->gotFinish(true);
    if (m_stopped) return;  // the first cause counts
    m_stopped = true;
    if (file && *file) m_failure = std::string{file} + ":" + std::to_string(line) + ": ";
    m_failure += message;
    // $error, $fatal and assertions print what they have to say just before they stop.
    std::size_t end = m_text.size();
    while (end > 0 && m_text[end - 1] == '\n') --end;
    if (end > 0) {
        const std::size_t newline = m_text.rfind('\n', end - 1);
        const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
        m_failure += " (" + m_text.substr(begin, end - begin) + ")";
    }
}

std::uint64_t Model::power_up() {
    if (!m_randomize) return 0;
    m_random += 0x9e3779b97f4a7c15ull;
    return mix(m_random);
}

Model* create(Model* (*fn)(const Settings&), const Settings& settings) noexcept {
    Model* const previous = t_current;
    Model* model = nullptr;
    try {
        model = fn(settings);
    } catch (const std::exception& e) { t_creation_error = e.what(); } catch (...) {
        t_creation_error = "unknown C++ exception";
    }
    t_current = previous;
    return model;
}

std::unique_ptr<std::string> creation_error() {
    return std::unique_ptr<std::string>{new std::string{t_creation_error}};
}

}  // namespace verilated_rt

using verilated_rt::Model;

extern "C" int verilated_rt_printf(const char* format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int length = std::vsnprintf(nullptr, 0, format, args);
    va_end(args);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    if (length > 0) std::vsnprintf(&text[0], text.size() + 1, format, again);
    va_end(again);
    if (Model* const model = Model::current()) {
        model->print(text);
    } else {
        std::fputs(text.c_str(), stderr);
    }
    return length;
}

// Hooks of verilated_funcs.h, in the place of those that end the process.

void vl_finish(const char*, int, const char*) {
    if (Model* const model = Model::current()) model->finish();
}

void vl_stop(const char* file, int line, const char*) {
    Model* const model = Model::current();
    if (!model) throw std::runtime_error{"$stop outside of a model"};
    model->stop(file, line, "stopped by the design");
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
    Model* const model = Model::current();
    if (!model) throw std::runtime_error{message};
    model->stop(file, line, message);
    throw verilated_rt::Fatal{message};
}
