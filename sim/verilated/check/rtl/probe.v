// A design with one of each thing that the runtime has to get right.
module probe (
    input wire clk,
    input wire rst,
    // a register and a combinational path
    input wire [7:0] a,
    output reg [7:0] a_q,
    output wire [7:0] a_next,
    // widths around the word size
    input wire [31:0] w32,
    input wire [32:0] w33,
    input wire [63:0] w64,
    input wire [99:0] w100,
    input wire [127:0] w128,
    output wire [31:0] n32,
    output wire [32:0] n33,
    output wire [63:0] n64,
    output wire [99:0] n100,
    output wire [127:0] n128,
    // a memory without initial values
    input wire [3:0] addr,
    input wire wen,
    input wire [39:0] wdata,
    output wire [39:0] rdata,
    input wire [3:0] wide_addr,
    output wire [127:0] wide_rdata,
    // a counter that counts from a reset
    output reg [15:0] count,
    // names that need care
    input wire a__b,
    output wire type_,
    output wire match,
    // stops
    input wire do_fatal,
    input wire do_error,
    input wire do_finish,
    input wire do_print
);
    reg [39:0] mem [0:15];
    reg [127:0] wide [0:15];

    assign a_next = a + 8'd1;
    assign n32 = ~w32;
    assign n33 = ~w33;
    assign n64 = ~w64;
    assign n100 = ~w100;
    assign n128 = ~w128;
    assign rdata = mem[addr];
    assign wide_rdata = wide[wide_addr];
    assign match = a__b;
    assign type_ = !a__b;

    always @(posedge clk) begin
        a_q <= a;
        count <= rst ? 16'd0 : count + 16'd1;
        if (wen) mem[addr] <= wdata;
        if (do_print) $display("count is %0d", count);
        if (do_fatal) $fatal(1, "told to be fatal at %0d", count);
        if (do_error) $error("told to fail at %0d", count);
        if (do_finish) $finish;
    end

    no_write_to_15: assert property (@(posedge clk) !(wen && addr == 4'd15));
    write_to_0: cover property (@(posedge clk) wen && addr == 4'd0);
endmodule
