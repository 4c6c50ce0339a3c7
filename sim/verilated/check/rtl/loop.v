// Oscillates while `go` is 1: Verilator gives up on it.
module loop (
    input wire clk,
    input wire go,
    output wire y
);
    /* verilator lint_off UNOPTFLAT */
    wire x;
    assign x = go ? !x : 1'b0;
    assign y = x;
endmodule
