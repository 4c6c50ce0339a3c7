//! Verilates the socket with the module `user_logic` in it.

fn main() {
    verilated_build::Design::new()
        .model(
            verilated_build::Model::new("socket", ferrolane_hw::top::SOCKET_MODULE)
                .verilog(ferrolane_hw::top::socket_verilog())
                .verilog_file("user_logic.v")
                .x_unique(true)
                .trace(cfg!(feature = "trace")),
        )
        .build();
}
