//! Memory to allocate from. An instance lives for one call, so nothing is given back but
//! what was taken last; a vector that grows at the end of the memory grows in its place.
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 65_536;

#[global_allocator]
static MEMORY: Memory = Memory {
    next: AtomicUsize::new(0),
};

/// Atomic because a static must be shareable; an instance has a single thread.
struct Memory {
    /// The first free byte; 0 before the first allocation.
    next: AtomicUsize,
}

impl Memory {
    /// Makes everything up to `end` usable, and takes it.
    fn take_until(&self, end: usize) -> bool {
        let have = memory_size(0);
        let want = end.div_ceil(PAGE);
        if want > have && memory_grow(0, want - have) == usize::MAX {
            return false;
        }
        self.next.store(end, Relaxed);
        true
    }
}

// SAFETY: `alloc` gives each byte above the module's own memory to one caller at a time:
// `next` only ever moves behind what was given, or back over the last piece when its owner
// frees it, and what lies below `next` is backed by pages, as `take_until` has made sure.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = match self.next.load(Relaxed) {
            // What the module came with ends where its memory does.
            0 => memory_size(0) * PAGE,
            next => next,
        };
        let start = next.checked_next_multiple_of(layout.align());
        let end = start.and_then(|start| start.checked_add(layout.size()));
        match (start, end) {
            (Some(start), Some(end)) if self.take_until(end) => start as *mut u8,
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        if piece as usize + layout.size() == self.next.load(Relaxed) {
            self.next.store(piece as usize, Relaxed);
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let is_last = piece as usize + layout.size() == self.next.load(Relaxed);
        if is_last || size <= layout.size() {
            let end = (piece as usize).checked_add(size);
            let grown = !is_last || end.is_some_and(|end| self.take_until(end));
            return if grown { piece } else { null_mut() };
        }
        // SAFETY: the layout is the caller's own, with another size, which the caller has
        // checked as `GlobalAlloc::realloc` asks.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both are this large at least, and the new piece is nobody else's.
            unsafe { core::ptr::copy_nonoverlapping(piece, new, layout.size()) };
        }
        new
    }
}

/// Where the host puts arguments. With `std` it comes from the C library, which is not here.
///
/// # Safety
/// The host calls it, as the component model's canonical ABI says.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    if new_len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the host gives sizes and alignments that make a layout, and of an old piece
    // those with which it was allocated here.
    let new = unsafe {
        let layout = Layout::from_size_align_unchecked(old_len, align);
        match old_len {
            0 => MEMORY.alloc(Layout::from_size_align_unchecked(new_len, align)),
            _ => MEMORY.realloc(old, layout, new_len),
        }
    };
    if new.is_null() {
        core::arch::wasm32::unreachable();
    }
    new
}
