//! The pages of the user interface, as the build script found or made them.

use pizza_gateway::Pages;

pub(crate) const PAGES: Pages = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The line of a banner about them.
pub(crate) fn banner(http: std::net::SocketAddr) -> String {
    if PAGES.are_present {
        format!("  pages  http://{http}/\n")
    } else {
        format!("  pages  not in this build; http://{http}/ says why\n")
    }
}
