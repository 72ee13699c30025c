//! How far long work is, for whoever waits for it; on the standard error, and only where somebody
//! sees it.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many, by a template of `indicatif`. Where it is kept, it is finished and cleared.
pub(crate) fn bar(length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
