// Seen by Verilator's runtime sources before anything else (VL_VERILATED_INCLUDE): sends what a design prints to the
// model that prints it.
#pragma once

extern "C" int verilated_rt_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
#define VL_PRINTF verilated_rt_printf
