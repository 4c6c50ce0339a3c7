//! The boundary to C++. Nothing here is public: `Core` is the safe face of it.

#[cxx::bridge(namespace = "verilated_rt")]
pub(crate) mod ffi {
    unsafe extern "C++" {
        include!("verilated/cpp/verilated_model.h");

        type Model;

        /// # Safety
        /// `input` and `output` must be valid for as many words as the design's input and output ports take.
        unsafe fn step(self: Pin<&mut Model>, input: *const u32, output: *mut u32) -> bool;
        fn time(self: &Model) -> u64;
        fn finished(self: &Model) -> bool;
        fn failure(self: &Model) -> &CxxString;
        fn trace_open(self: Pin<&mut Model>, path: &CxxString) -> bool;
        fn trace_flush(self: Pin<&mut Model>) -> bool;
        fn trace_close(self: Pin<&mut Model>) -> bool;
        fn coverage_write(self: Pin<&mut Model>, path: &CxxString) -> bool;

        fn creation_error() -> UniquePtr<CxxString>;
    }

    impl UniquePtr<Model> {}
}
