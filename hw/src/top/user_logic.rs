//! The place of the user's own module: its ports, and the Verilog that instantiates it.

use rust_hdl::prelude::*;

macro_rules! user_logic {
    ($($direction:ident $name:ident: $ty:ty),* $(,)?) => {
        /// An instance of the module `user_logic`, which is not emitted: whoever builds the socket adds it. Its parameters
        /// are `W` bits of data, `NQ` queues per direction and `NU` user interrupts, its ports are those of this block.
        #[derive(LogicBlock)]
        pub struct UserLogic<const W: usize, const KB: usize, const NQ: usize, const NU: usize> {
            $( #[allow(missing_docs)] pub $name: Signal<$direction, $ty> ),*
        }

        impl<const W: usize, const KB: usize, const NQ: usize, const NU: usize> Default for UserLogic<W, KB, NQ, NU> {
            fn default() -> Self {
                Self { $( $name: Signal::default() ),* }
            }
        }

        impl<const W: usize, const KB: usize, const NQ: usize, const NU: usize> Logic for UserLogic<W, KB, NQ, NU> {
            fn update(&mut self) {}
            fn connect(&mut self) {
                $( user_logic!(@connect $direction self.$name); )*
            }
            fn hdl(&self) -> Verilog {
                let ports = [$( concat!("    .", stringify!($name), "(", stringify!($name), ")") ),*];
                Verilog::Wrapper(Wrapper {
                    code: format!(
                        "user_logic #(.W({W}), .NQ({NQ}), .NU({NU})) logic_of_user (\n{}\n);\n",
                        ports.join(",\n")
                    ),
                    cores: String::new(),
                })
            }
        }
    };
    (@connect In $($port:tt)*) => {};
    (@connect Out $($port:tt)*) => { $($port)*.connect() };
}

user_logic! {
    In clk: Clock,
    In rst: Bit,
    In h2c_axis_tdata: Bits<W>,
    In h2c_axis_tkeep: Bits<KB>,
    In h2c_axis_tlast: Bit,
    In h2c_axis_tdest: Bits<6>,
    In h2c_axis_tuser: Bits<32>,
    In h2c_axis_terr: Bit,
    In h2c_axis_tvalid: Bit,
    Out h2c_axis_tready: Bit,
    Out h2c_pause: Bits<NQ>,
    Out c2h_axis_tdata: Bits<W>,
    Out c2h_axis_tkeep: Bits<KB>,
    Out c2h_axis_tlast: Bit,
    Out c2h_axis_tdest: Bits<6>,
    Out c2h_axis_tuser: Bits<32>,
    Out c2h_axis_tvalid: Bit,
    In c2h_axis_tready: Bit,
    In c2h_pause: Bits<NQ>,
    In axil_awaddr: Bits<16>,
    In axil_awprot: Bits<3>,
    In axil_awvalid: Bit,
    Out axil_awready: Bit,
    In axil_wdata: Bits<32>,
    In axil_wstrb: Bits<4>,
    In axil_wvalid: Bit,
    Out axil_wready: Bit,
    Out axil_bresp: Bits<2>,
    Out axil_bvalid: Bit,
    In axil_bready: Bit,
    In axil_araddr: Bits<16>,
    In axil_arprot: Bits<3>,
    In axil_arvalid: Bit,
    Out axil_arready: Bit,
    Out axil_rdata: Bits<32>,
    Out axil_rresp: Bits<2>,
    Out axil_rvalid: Bit,
    In axil_rready: Bit,
    In axi_awaddr: Bits<64>,
    In axi_awlen: Bits<8>,
    In axi_awsize: Bits<3>,
    In axi_awburst: Bits<2>,
    In axi_awvalid: Bit,
    Out axi_awready: Bit,
    In axi_wdata: Bits<W>,
    In axi_wstrb: Bits<KB>,
    In axi_wlast: Bit,
    In axi_wvalid: Bit,
    Out axi_wready: Bit,
    Out axi_bresp: Bits<2>,
    Out axi_bvalid: Bit,
    In axi_bready: Bit,
    In axi_araddr: Bits<64>,
    In axi_arlen: Bits<8>,
    In axi_arsize: Bits<3>,
    In axi_arburst: Bits<2>,
    In axi_arvalid: Bit,
    Out axi_arready: Bit,
    Out axi_rdata: Bits<W>,
    Out axi_rresp: Bits<2>,
    Out axi_rlast: Bit,
    Out axi_rvalid: Bit,
    In axi_rready: Bit,
    Out user_irq: Bits<NU>,
}
