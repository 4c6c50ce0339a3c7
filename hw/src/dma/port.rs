//! The engine's sizes and its TLP port, once for the engine and for everything that stands around it.

/// Hands the names of the engine's sizes to the macro `$then`, in brackets in front of what else it is given.
macro_rules! engine_sizes {
    ($then:ident! { $($rest:tt)* }) => {
        $then! { [
            W K KB SB FW MW NQ QB GN GB GB1 QA DB SA FA LW NB NG BA TB TB1 NT HRB HAB HPB HSB HPB1 HSB1 CRB CAB CPB CPA PW RL RA NV VB NU
            UV FULL FEEDS POLICIES MEMORY FEATURES H2C_LOG2 C2H_LOG2 KHZ FT
        ] $($rest)* }
    };
}

/// Declares a block that has the TLP port (`clk`, `rst`, five streams, `cfg_*`) and the given fields. `$more` are sizes beside the engine's.
macro_rules! tlp_port {
    ([$($size:ident)*] $(#[$meta:meta])* pub struct $name:ident [$($more:ident)*] { $($fields:tt)* }) => {
        $crate::hw! {
            $(#[$meta])*
            pub struct $name<$(const $size: usize,)* $(const $more: usize),*> {
                pub clk: Signal<In, Clock> = Default::default(),
                pub rst: Signal<In, Bit> = Default::default(),
                pub rx_req_data: Signal<In, Bits<W>> = Default::default(),
                pub rx_req_hdr: Signal<In, Bits<128>> = Default::default(),
                pub rx_req_keep: Signal<In, Bits<K>> = Default::default(),
                pub rx_req_first: Signal<In, Bit> = Default::default(),
                pub rx_req_last: Signal<In, Bit> = Default::default(),
                pub rx_req_valid: Signal<In, Bit> = Default::default(),
                pub rx_req_error: Signal<In, Bit> = Default::default(),
                pub rx_req_ready: Signal<Out, Bit> = Default::default(),
                pub rx_cpl_data: Signal<In, Bits<W>> = Default::default(),
                pub rx_cpl_hdr: Signal<In, Bits<128>> = Default::default(),
                pub rx_cpl_keep: Signal<In, Bits<K>> = Default::default(),
                pub rx_cpl_first: Signal<In, Bit> = Default::default(),
                pub rx_cpl_last: Signal<In, Bit> = Default::default(),
                pub rx_cpl_valid: Signal<In, Bit> = Default::default(),
                pub rx_cpl_error: Signal<In, Bit> = Default::default(),
                pub rx_cpl_ready: Signal<Out, Bit> = Default::default(),
                pub tx_wr_data: Signal<Out, Bits<W>> = Default::default(),
                pub tx_wr_hdr: Signal<Out, Bits<128>> = Default::default(),
                pub tx_wr_keep: Signal<Out, Bits<K>> = Default::default(),
                pub tx_wr_first: Signal<Out, Bit> = Default::default(),
                pub tx_wr_last: Signal<Out, Bit> = Default::default(),
                pub tx_wr_valid: Signal<Out, Bit> = Default::default(),
                pub tx_wr_error: Signal<Out, Bit> = Default::default(),
                pub tx_wr_ready: Signal<In, Bit> = Default::default(),
                pub tx_rd_data: Signal<Out, Bits<W>> = Default::default(),
                pub tx_rd_hdr: Signal<Out, Bits<128>> = Default::default(),
                pub tx_rd_keep: Signal<Out, Bits<K>> = Default::default(),
                pub tx_rd_first: Signal<Out, Bit> = Default::default(),
                pub tx_rd_last: Signal<Out, Bit> = Default::default(),
                pub tx_rd_valid: Signal<Out, Bit> = Default::default(),
                pub tx_rd_error: Signal<Out, Bit> = Default::default(),
                pub tx_rd_ready: Signal<In, Bit> = Default::default(),
                pub tx_cpl_data: Signal<Out, Bits<W>> = Default::default(),
                pub tx_cpl_hdr: Signal<Out, Bits<128>> = Default::default(),
                pub tx_cpl_keep: Signal<Out, Bits<K>> = Default::default(),
                pub tx_cpl_first: Signal<Out, Bit> = Default::default(),
                pub tx_cpl_last: Signal<Out, Bit> = Default::default(),
                pub tx_cpl_valid: Signal<Out, Bit> = Default::default(),
                pub tx_cpl_error: Signal<Out, Bit> = Default::default(),
                pub tx_cpl_ready: Signal<In, Bit> = Default::default(),
                pub rx_req_bar: Signal<In, Bits<3>> = Default::default(),
                pub rx_req_func: Signal<In, Bits<8>> = Default::default(),
                pub rx_np_ok: Signal<Out, Bit> = Default::default(),
                pub tx_wr_seq: Signal<Out, Bits<6>> = Default::default(),
                pub tx_sent_valid: Signal<In, Bit> = Default::default(),
                pub tx_sent_seq: Signal<In, Bits<6>> = Default::default(),
                pub cfg_link_up: Signal<In, Bit> = Default::default(),
                pub cfg_link_speed: Signal<In, Bits<4>> = Default::default(),
                pub cfg_link_width: Signal<In, Bits<6>> = Default::default(),
                pub cfg_requester_id: Signal<In, Bits<16>> = Default::default(),
                pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
                pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
                pub cfg_rcb: Signal<In, Bit> = Default::default(),
                pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
                pub cfg_tag10: Signal<In, Bit> = Default::default(),
                pub cfg_bus_master: Signal<In, Bit> = Default::default(),
                pub cfg_ro_enable: Signal<In, Bit> = Default::default(),
                pub cfg_ns_enable: Signal<In, Bit> = Default::default(),
                pub cfg_cpl_timeout: Signal<In, Bits<4>> = Default::default(),
                pub cfg_d0: Signal<In, Bit> = Default::default(),
                pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
                pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
                pub cfg_fc_ph: Signal<In, Bits<8>> = Default::default(),
                pub cfg_fc_pd: Signal<In, Bits<12>> = Default::default(),
                pub cfg_fc_nph: Signal<In, Bits<8>> = Default::default(),
                pub cfg_fc_npd: Signal<In, Bits<12>> = Default::default(),
                pub cfg_fc_cplh: Signal<In, Bits<8>> = Default::default(),
                pub cfg_fc_cpld: Signal<In, Bits<12>> = Default::default(),
                pub cfg_flr_request: Signal<In, Bit> = Default::default(),
                pub cfg_flr_ack: Signal<Out, Bit> = Default::default(),
                pub cfg_trans_pending: Signal<Out, Bit> = Default::default(),
                $($fields)*
            }
        }
    };
}

/// Declares a block around an [`Engine`](crate::dma::engine::Engine) called `engine`: its TLP port is the engine's, and its field `$card` stands at the
/// engine's other side; then what other wires it has.
macro_rules! around_engine {
    ([$($size:ident)*] $(#[$meta:meta])* pub struct $name:ident [$($more:ident)*] { $($fields:tt)* }
        card $card:ident $hash:tt $attribute:tt fn update(&mut $me:ident) { $($wires:tt)* }) => {
        $crate::dma::port::tlp_port! { [$($size)*] $(#[$meta])* pub struct $name [$($more)*] {
            engine: $crate::dma::engine::Engine<$($size),*> = Default::default(),
            $($fields)*
        } }
        $crate::dma::port::around_engine! { @ [$($size)* $($more)*] $name $card $hash $attribute ($me)
            [
                rx_req_data rx_req_hdr rx_req_keep rx_req_first rx_req_last rx_req_valid rx_req_error rx_cpl_data rx_cpl_hdr rx_cpl_keep
                rx_cpl_first rx_cpl_last rx_cpl_valid rx_cpl_error tx_wr_ready tx_rd_ready tx_cpl_ready rx_req_bar rx_req_func
                tx_sent_valid tx_sent_seq cfg_link_up cfg_link_speed cfg_link_width cfg_requester_id cfg_mps cfg_mrrs cfg_rcb cfg_ext_tag
                cfg_tag10 cfg_bus_master cfg_ro_enable cfg_ns_enable cfg_cpl_timeout cfg_d0 cfg_msix_enable cfg_msix_mask cfg_fc_ph
                cfg_fc_pd cfg_fc_nph cfg_fc_npd cfg_fc_cplh cfg_fc_cpld cfg_flr_request
            ] [
                rx_req_ready rx_cpl_ready tx_wr_data tx_wr_hdr tx_wr_keep tx_wr_first tx_wr_last tx_wr_valid tx_wr_error tx_rd_data
                tx_rd_hdr tx_rd_keep tx_rd_first tx_rd_last tx_rd_valid tx_rd_error tx_cpl_data tx_cpl_hdr tx_cpl_keep tx_cpl_first
                tx_cpl_last tx_cpl_valid tx_cpl_error rx_np_ok tx_wr_seq cfg_flr_ack cfg_trans_pending
            ] [
                h2c_axis_tdata h2c_axis_tkeep h2c_axis_tlast h2c_axis_tdest h2c_axis_tuser h2c_axis_terr h2c_axis_tvalid c2h_axis_tready
                c2h_pause axil_awaddr axil_awvalid axil_wdata axil_wstrb axil_wvalid axil_bready axil_araddr axil_arvalid axil_rready
                axi_awaddr axi_awlen axi_awsize axi_awburst axi_awvalid axi_wdata axi_wstrb axi_wlast axi_wvalid axi_bready axi_araddr
                axi_arlen axi_arsize axi_arburst axi_arvalid axi_rready
            ] [
                h2c_axis_tready h2c_pause c2h_axis_tdata c2h_axis_tkeep c2h_axis_tlast c2h_axis_tdest c2h_axis_tuser c2h_axis_tvalid
                axil_awready axil_wready axil_bresp axil_bvalid axil_arready axil_rdata axil_rresp axil_rvalid axi_awready axi_wready
                axi_bresp axi_bvalid axi_arready axi_rdata axi_rresp axi_rlast axi_rvalid user_irq
            ] { $($wires)* }
        }
    };
    (@ [$($size:ident)*] $name:ident $card:ident $hash:tt $attribute:tt ($me:ident)
        [$($pin_in:ident)*] [$($pin_out:ident)*] [$($to_card:ident)*] [$($from_card:ident)*] { $($wires:tt)* }) => {
        impl<$(const $size: usize,)*> Logic for $name<$($size,)*> {
            $hash $attribute fn update(&mut $me) {
                $me.engine.clk.next = $me.clk.val();
                $me.engine.rst.next = $me.rst.val();
                $( $me.engine.$pin_in.next = $me.$pin_in.val(); )*
                $( $me.$pin_out.next = $me.engine.$pin_out.val(); )*
                $( $me.$card.$to_card.next = $me.engine.$to_card.val(); )*
                $( $me.engine.$from_card.next = $me.$card.$from_card.val(); )*
                $($wires)*
            }
        }
    };
}

pub(crate) use {around_engine, engine_sizes, tlp_port};
