//! A panic is a trap, and the operator reads why.

use alloc::string::ToString;
use core::panic::PanicInfo;

use crate::{Level, log};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log(Level::Error, &info.to_string());
    core::arch::wasm32::unreachable()
}
