// Worked example: the card's own logic in plain Verilog.
//
// Every packet that enters H2C queue n leaves C2H queue n and carries the CRC-32 of its bytes (IEEE 802.3) as TUSER of its
// last beat: the host finds it as the metadata of the packet's completion record. A few registers behind the AXI4-Lite
// window (BAR2) count what has passed, and user interrupt 0 tells of every 16th packet. 64 KiB of block RAM at the AXI4 port
// are there for memory queues.
//
//   h2c_axis ──► CRC per queue ──► register ──► c2h_axis
//   axil     ──► ID, PACKETS, BYTES, INVERT
//   axi      ──► memory
//
// Streams: AMBA AXI4-Stream; queues interleave on TDEST inside packets, so state is kept per queue. Registers: AMBA
// AXI4-Lite, one access at a time.

module user_logic #(
    parameter W  = 128,     // bits of a beat
    parameter NQ = 4,       // queues per direction
    parameter NU = 4        // user interrupts
) (
    input  wire           clk,
    input  wire           rst,

    input  wire [W-1:0]   h2c_axis_tdata,
    input  wire [W/8-1:0] h2c_axis_tkeep,
    input  wire           h2c_axis_tlast,
    input  wire [5:0]     h2c_axis_tdest,
    input  wire [31:0]    h2c_axis_tuser,
    input  wire           h2c_axis_terr,
    input  wire           h2c_axis_tvalid,
    output wire           h2c_axis_tready,
    output wire [NQ-1:0]  h2c_pause,

    output reg  [W-1:0]   c2h_axis_tdata,
    output reg  [W/8-1:0] c2h_axis_tkeep,
    output reg            c2h_axis_tlast,
    output reg  [5:0]     c2h_axis_tdest,
    output reg  [31:0]    c2h_axis_tuser,
    output reg            c2h_axis_tvalid,
    input  wire           c2h_axis_tready,
    input  wire [NQ-1:0]  c2h_pause,

    input  wire [15:0]    axil_awaddr,
    input  wire [2:0]     axil_awprot,
    input  wire           axil_awvalid,
    output wire           axil_awready,
    input  wire [31:0]    axil_wdata,
    input  wire [3:0]     axil_wstrb,
    input  wire           axil_wvalid,
    output wire           axil_wready,
    output reg  [1:0]     axil_bresp,
    output reg            axil_bvalid,
    input  wire           axil_bready,
    input  wire [15:0]    axil_araddr,
    input  wire [2:0]     axil_arprot,
    input  wire           axil_arvalid,
    output wire           axil_arready,
    output reg  [31:0]    axil_rdata,
    output reg  [1:0]     axil_rresp,
    output reg            axil_rvalid,
    input  wire           axil_rready,

    input  wire [63:0]    axi_awaddr,
    input  wire [7:0]     axi_awlen,
    input  wire [2:0]     axi_awsize,
    input  wire [1:0]     axi_awburst,
    input  wire           axi_awvalid,
    output wire           axi_awready,
    input  wire [W-1:0]   axi_wdata,
    input  wire [W/8-1:0] axi_wstrb,
    input  wire           axi_wlast,
    input  wire           axi_wvalid,
    output wire           axi_wready,
    output reg  [1:0]     axi_bresp,
    output reg            axi_bvalid,
    input  wire           axi_bready,
    input  wire [63:0]    axi_araddr,
    input  wire [7:0]     axi_arlen,
    input  wire [2:0]     axi_arsize,
    input  wire [1:0]     axi_arburst,
    input  wire           axi_arvalid,
    output wire           axi_arready,
    output reg  [W-1:0]   axi_rdata,
    output reg  [1:0]     axi_rresp,
    output wire           axi_rlast,
    output wire           axi_rvalid,
    input  wire           axi_rready,

    output reg  [NU-1:0]  user_irq
);

    // ANCHOR: memory
    // 64 KiB of block RAM for memory queues. Bursts are of full width, INCR or FIXED, one at a time each way, answered in order
    // (AMBA AXI4 A3.4); what lies beyond is answered with DECERR, for a burst without an answer would hold up its queue for ever.
    localparam LANE_BITS = $clog2(W / 8), ROWS = 65536 / (W / 8), ROW_BITS = $clog2(ROWS);
    localparam [1:0] AXI_OKAY = 2'b00, AXI_DECERR = 2'b11;
    localparam [1:0] AXI_FIXED = 2'b00;
    reg  [W-1:0]        memory [0:ROWS-1];
    reg                 writing, write_fixed, write_beyond;
    reg  [ROW_BITS-1:0] write_row;
    reg                 reading, read_fixed, read_beyond;
    reg  [ROW_BITS-1:0] read_row;
    reg  [7:0]          read_left;
    assign axi_awready = !writing && !axi_bvalid;
    assign axi_wready  = writing;
    assign axi_arready = !reading;

    integer k;
    always @(posedge clk) begin
        if (axi_awvalid && axi_awready) begin
            writing      <= 1;
            write_row    <= axi_awaddr[LANE_BITS +: ROW_BITS];
            write_fixed  <= axi_awburst == AXI_FIXED;
            write_beyond <= |axi_awaddr[63:16];
        end
        if (axi_wvalid && axi_wready) begin
            for (k = 0; k < W / 8; k = k + 1)
                if (axi_wstrb[k] && !write_beyond)
                    memory[write_row][8*k +: 8] <= axi_wdata[8*k +: 8];
            if (!write_fixed) write_row <= write_row + 1;
            if (axi_wlast) begin
                writing    <= 0;
                axi_bvalid <= 1;
                axi_bresp  <= write_beyond ? AXI_DECERR : AXI_OKAY;
            end
        end
        if (axi_bvalid && axi_bready) axi_bvalid <= 0;

        if (axi_arvalid && axi_arready) begin
            reading     <= 1;
            read_row    <= axi_araddr[LANE_BITS +: ROW_BITS];
            read_fixed  <= axi_arburst == AXI_FIXED;
            read_beyond <= |axi_araddr[63:16];
            read_left   <= axi_arlen;
        end
        if (axi_rready) axi_rvalid <= 0;
        if (reading && (!axi_rvalid || axi_rready)) begin
            axi_rvalid <= 1;
            axi_rdata  <= memory[read_row];
            axi_rresp  <= read_beyond ? AXI_DECERR : AXI_OKAY;
            axi_rlast  <= read_left == 0;
            read_left  <= read_left - 1;
            if (!read_fixed) read_row <= read_row + 1;
            if (read_left == 0) reading <= 0;
        end
        if (rst) begin
            writing    <= 0;
            reading    <= 0;
            axi_bvalid <= 0;
            axi_rvalid <= 0;
        end
    end
    // ANCHOR_END: memory

    // ANCHOR: pause
    // A queue whose way back is short of room is held at the source, so that it never stands in front of the others.
    assign h2c_pause = c2h_pause;
    // ANCHOR_END: pause

    // CRC-32, reflected, one byte. All bytes of a beat in one clock is more than a slow device does at 250 MHz; a pipeline
    // of a few stages would, with the state of a queue fed forward.
    function [31:0] crc_byte(input [31:0] crc, input [7:0] value);
        integer bit_number;
        begin
            crc_byte = crc ^ {24'b0, value};
            for (bit_number = 0; bit_number < 8; bit_number = bit_number + 1)
                crc_byte = crc_byte[0] ? (crc_byte >> 1) ^ 32'hEDB88320 : crc_byte >> 1;
        end
    endfunction

    reg  [31:0]  crc [0:NQ-1];          // of the packet so far, before the final inversion
    reg  [31:0]  crc_next;
    reg  [7:0]   bytes_in_beat;
    wire [NQ-1:0] queue = {{(NQ-1){1'b0}}, 1'b1} << h2c_axis_tdest;

    integer lane;
    always @* begin
        crc_next = crc[h2c_axis_tdest[$clog2(NQ > 1 ? NQ : 2)-1:0]];
        bytes_in_beat = 0;
        for (lane = 0; lane < W / 8; lane = lane + 1)
            if (h2c_axis_tkeep[lane]) begin
                crc_next = crc_byte(crc_next, h2c_axis_tdata[8*lane +: 8]);
                bytes_in_beat = bytes_in_beat + 1;
            end
    end

    // ANCHOR: beat
    // One register; a beat moves on in every clock in which the way back is open.
    assign h2c_axis_tready = !c2h_axis_tvalid || c2h_axis_tready;
    wire take = h2c_axis_tvalid && h2c_axis_tready;

    reg  [31:0]   packets, bytes, invert;
    integer q;
    always @(posedge clk) begin
        user_irq <= 0;
        if (c2h_axis_tready)
            c2h_axis_tvalid <= 0;
        if (take) begin
            c2h_axis_tdata  <= h2c_axis_tdata ^ {(W/32){invert}};
            // The closing beat of a packet that was cut is empty; on the way back no beat is.
            c2h_axis_tkeep  <= h2c_axis_terr ? {{(W/8-1){1'b0}}, 1'b1} : h2c_axis_tkeep;
            c2h_axis_tlast  <= h2c_axis_tlast;
            c2h_axis_tdest  <= h2c_axis_tdest;
            // A packet that was cut ends here, too, with metadata that is not its CRC.
            c2h_axis_tuser  <= h2c_axis_terr ? crc_next : h2c_axis_tlast ? ~crc_next : h2c_axis_tuser;
            c2h_axis_tvalid <= 1;
            bytes           <= bytes + {24'b0, bytes_in_beat};
            for (q = 0; q < NQ; q = q + 1)
                if (queue[q])
                    crc[q] <= h2c_axis_tlast ? 32'hFFFFFFFF : crc_next;
            if (h2c_axis_tlast) begin
                packets <= packets + 1;
                user_irq[0] <= &packets[3:0];
            end
        end
        if (rst) begin
            c2h_axis_tvalid <= 0;
            user_irq        <= 0;
            packets         <= 0;
            bytes           <= 0;
            for (q = 0; q < NQ; q = q + 1)
                crc[q] <= 32'hFFFFFFFF;
        end
    end
    // ANCHOR_END: beat

    // ANCHOR: registers
    // 0x00 ID, 0x04 PACKETS, 0x08 BYTES: read-only.
    // 0x0C INVERT: what each DWORD of data is XORed with on its way back.
    localparam [31:0] ID = 32'h4352_4333;
    localparam [1:0] OKAY = 2'b00, SLVERR = 2'b10;
    wire write = axil_awvalid && axil_wvalid && !axil_bvalid;
    assign axil_awready = write;
    assign axil_wready  = write;
    assign axil_arready = !axil_rvalid;

    integer b;
    always @(posedge clk) begin
        if (axil_bready)
            axil_bvalid <= 0;
        if (write) begin
            axil_bvalid <= 1;
            axil_bresp  <= OKAY;
            case (axil_awaddr)
                16'h000C:
                    for (b = 0; b < 4; b = b + 1)
                        if (axil_wstrb[b])
                            invert[8*b +: 8] <= axil_wdata[8*b +: 8];
                default: axil_bresp <= SLVERR;
            endcase
        end
        if (axil_rready)
            axil_rvalid <= 0;
        if (axil_arvalid && axil_arready) begin
            axil_rvalid <= 1;
            axil_rresp  <= OKAY;
            case (axil_araddr)
                16'h0000: axil_rdata <= ID;
                16'h0004: axil_rdata <= packets;
                16'h0008: axil_rdata <= bytes;
                16'h000C: axil_rdata <= invert;
                default:  axil_rresp <= SLVERR;
            endcase
        end
        if (rst) begin
            axil_bvalid <= 0;
            axil_rvalid <= 0;
            invert      <= 0;
        end
    end
    // ANCHOR_END: registers

    wire unused = &{1'b0, axil_awprot, axil_arprot, axi_awsize, axi_arsize, axi_awaddr[LANE_BITS-1:0], axi_araddr[LANE_BITS-1:0], 1'b0};

endmodule
