//! Log lines, written when the turn is committed; what a failed turn logged is written
//! too, marked so. `silo_sdk::log::info!("{count} left")`, and the same for `trace!`,
//! `debug!`, `warn!` and `error!`.

pub use crate::bindings::silo::actor::log::Level;
pub use crate::{
    __debug as debug, __error as error, __info as info, __trace as trace, __warn as warn,
};

#[doc(hidden)]
pub fn write(level: Level, message: std::fmt::Arguments<'_>) {
    // A text without arguments needs no copy.
    match message.as_str() {
        Some(text) => crate::host::log::log(level, text),
        None => crate::host::log::log(level, &message.to_string()),
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __trace {
    ($($format:tt)+) => { $crate::log::write($crate::log::Level::Trace, ::core::format_args!($($format)+)) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($format:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::core::format_args!($($format)+)) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($format:tt)+) => { $crate::log::write($crate::log::Level::Info, ::core::format_args!($($format)+)) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($format:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::core::format_args!($($format)+)) };
}
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($format:tt)+) => { $crate::log::write($crate::log::Level::Error, ::core::format_args!($($format)+)) };
}
