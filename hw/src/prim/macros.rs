//! `hw!`: a circuit's struct with its default values in one place.

/// Declares a `LogicBlock` struct and its `Default`. A `Constant` has no `Default` of its own, so the derive can't be
/// used where a block has constants; and one place for both keeps them in step.
///
/// ```ignore
/// hw! {
///     /// Counts clocks.
///     pub struct Counter<const N: usize> {
///         pub clock: Signal<In, Clock> = Default::default(),
///         pub count: Signal<Out, Bits<N>> = Default::default(),
///         one: Constant<Bits<N>> = Constant::new(1.into()),
///     }
/// }
/// ```
#[macro_export]
macro_rules! hw {
    ($(#[$meta:meta])* pub struct $name:ident $(< $(const $p:ident : usize),* $(,)? >)? {
        $( $(#[$fmeta:meta])* $vis:vis $field:ident : $ty:ty = $init:expr ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(LogicBlock)]
        pub struct $name $(< $(const $p: usize),* >)? {
            $( $(#[$fmeta])* $vis $field: $ty ),*
        }
        impl $(< $(const $p: usize),* >)? Default for $name $(< $($p),* >)? {
            fn default() -> Self {
                Self { $( $field: $init ),* }
            }
        }
    };
}
