//! `netlist!`: the wires between blocks as tables.

/// The [`Logic`](rust_hdl::prelude::Logic) of a block that is made of blocks, one line per pair of them. A wire has the same name at both ends
/// unless it is among the `renamed`.
///
/// ```ignore
/// netlist! { [W] Pair [] {
///     clock clk: first second;
///     reset rst: first second;
///     in { first: a b; }              // from pins
///     wires { second <- first: c d; } // from first to second
///     renamed { second.f <- first.e; }
///     out { second: g; }              // to pins
/// } #[hdl_gen] fn update(&mut self) {
///     self.h.next = self.first.h.val() | self.second.h.val();
/// } }
/// ```
/// In brackets stand the sizes, in two lists. The caller writes the function's head, since a `self` that a macro makes up is another one than the caller's.
macro_rules! netlist {
    ([$($size:ident)*] $name:ident [$($more:ident)*] {
        clock $clock:ident: $($clocked:ident)*;
        reset $reset:ident: $($resettable:ident)*;
        in { $($pin_to:ident: $($pin_in:ident)*;)* }
        wires { $($to:ident <- $from:ident: $($wire:ident)*;)* }
        renamed { $($end:ident.$end_name:ident <- $start:ident.$start_name:ident;)* }
        out { $($pin_from:ident: $($pin_out:ident)*;)* }
    } $hash:tt $attribute:tt fn update(&mut $me:ident) { $($rest:tt)* }) => {
        impl<$(const $size: usize,)* $(const $more: usize,)*> Logic for $name<$($size,)* $($more,)*> {
            $hash $attribute fn update(&mut $me) {
                // First, since what the tables read may be set here.
                $($rest)*
                $( $me.$clocked.clock.next = $me.$clock.val(); )*
                $( $me.$resettable.rst.next = $me.$reset.val(); )*
                $($( $me.$pin_to.$pin_in.next = $me.$pin_in.val(); )*)*
                $($( $me.$to.$wire.next = $me.$from.$wire.val(); )*)*
                $( $me.$end.$end_name.next = $me.$start.$start_name.val(); )*
                $($( $me.$pin_out.next = $me.$pin_from.$pin_out.val(); )*)*
            }
        }
    };
}

pub(crate) use netlist;
