// What every Verilated model looks like to the runtime. A generated shim derives from `Model`, one class per design.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "verilated.h"

namespace verilated_rt {

// Passed from Rust to a generated factory; `Settings` in src/bridge.rs has the same layout.
struct Settings final {
    std::uint64_t seed;
    std::uint64_t period_ps;
    bool randomize;
};

class Model {
public:
    virtual ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    // One clock. False if the design has stopped, now or earlier: see failure().
    bool step(const std::uint32_t* in, std::uint32_t* out) noexcept;

    // Simulated time in ps.
    std::uint64_t time() const noexcept { return m_context->time(); }
    bool finished() const noexcept { return m_context->gotFinish(); }
    const std::string& failure() const noexcept { return m_failure; }

    // False if the file could not be opened or written: see failure().
    bool trace_open(const std::string& path) noexcept;
    bool trace_flush() noexcept;
    bool trace_close() noexcept;
    bool coverage_write(const std::string& path) noexcept;

    // Called by Verilator's hooks while this model is the current one.
    void print(const std::string& text);
    void stop(const char* file, int line, const char* message);
    void finish() { m_context->gotFinish(true); }
    std::uint64_t power_up();

    static Model* current() noexcept;

protected:
    explicit Model(const Settings& settings);

    VerilatedContext* context() const noexcept { return m_context.get(); }
    void half_period(bool second) { m_context->timeInc(second ? m_period - m_period / 2 : m_period / 2); }

    virtual void clock(const std::uint32_t* in, std::uint32_t* out) = 0;
    virtual bool do_trace_open(const std::string& path) = 0;
    virtual void do_trace_flush() = 0;
    virtual void do_trace_close() = 0;

private:
    class Scope;
    template <typename F>
    bool guarded(F&& body) noexcept;

    std::unique_ptr<VerilatedContext> m_context;
    std::uint64_t m_period;
    std::uint64_t m_random;
    bool m_randomize;
    bool m_stopped = false;
    std::string m_failure;
    std::string m_text;  // last text the design printed, newest at the end
};

// For factories: makes `fn` run with errors caught, so that none crosses into Rust.
Model* create(Model* (*fn)(const Settings&), const Settings& settings) noexcept;
// Why the last create() on this thread returned null.
std::unique_ptr<std::string> creation_error();

// Power-up values. Verilator's own VL_SCOPED_RAND_RESET_* derive from seed, scope and variable, so that every word of
// a memory gets the same value; these give each word its own. The shim puts them in the place of Verilator's.
inline IData power_up_i(int bits) { return static_cast<IData>(Model::current()->power_up()) & VL_MASK_I(bits); }
inline QData power_up_q(int bits) { return Model::current()->power_up() & VL_MASK_Q(bits); }
inline WDataOutP power_up_w(int bits, WDataOutP out) {
    const int words = VL_WORDS_I(bits);
    for (int i = 0; i < words; ++i) out[i] = static_cast<EData>(Model::current()->power_up());
    out[words - 1] &= VL_MASK_E(bits);
    return out;
}

}  // namespace verilated_rt
