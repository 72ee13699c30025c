//! The little WASI that a Rust guest's standard library needs: clocks, random numbers,
//! and standard output, which becomes log lines. No files, no sockets, no environment.

use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::component::Linker;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::cli;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use crate::desk::Desk;

/// Unread output of one turn; more is dropped.
const OUTPUT_BYTES_MAX: usize = 64 << 10;
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Streams and pollables that a guest may hold at once.
pub(crate) const HANDLES_MAX: usize = 1_000;

/// What may be imported without a grant, beside the platform package.
pub(crate) const ALLOWED: [&str; 4] = ["wasi:cli/", "wasi:clocks/", "wasi:io/", "wasi:random/"];

pub(crate) fn add_to_linker(linker: &mut Linker<Desk>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    cli::exit::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::environment::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::terminal_input::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::terminal_output::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::terminal_stdin::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::terminal_stdout::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)?;
    cli::terminal_stderr::add_to_linker::<Desk, WasiCli>(linker, Desk::cli)
}

pub(crate) fn context(output: &Output) -> WasiCtx {
    WasiCtxBuilder::new()
        .stdout(output.clone())
        .stderr(output.clone())
        .max_random_size(RANDOM_BYTES_MAX)
        .build()
}

/// Standard output and error of one instance.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock())
    }

    /// The output so far, which stays.
    pub(crate) fn peek(&self) -> Vec<u8> {
        self.0.lock().clone()
    }

    fn push(&self, bytes: &[u8]) {
        let mut buffer = self.0.lock();
        let room = OUTPUT_BYTES_MAX.saturating_sub(buffer.len());
        buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(OUTPUT_BYTES_MAX)
    }
}

impl tokio::io::AsyncWrite for Output {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.push(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}
