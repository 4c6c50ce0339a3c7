// Two clocks: the test bench drives both.
module dual (
    input wire wclk,
    input wire rclk,
    input wire [7:0] d,
    output reg [7:0] q
);
    reg [7:0] held;
    always @(posedge wclk) held <= d;
    always @(posedge rclk) q <= held;
endmodule
