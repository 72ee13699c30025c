//! The pages of the user interface, as they come with the program.

/// The pages that come with a program; none by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pages {
    /// Whether they are the user interface, or one page that says why it is missing.
    pub are_present: bool,
    /// Names this build of them: it changes whenever one of them does.
    pub build: &'static str,
    pub files: &'static [PageFile],
}

/// A file of the pages, in the forms in which it is sent.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Its path as it is asked for.
    pub path: &'static str,
    pub content_type: &'static str,
    /// Names its content.
    pub hash: &'static str,
    pub plain: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

impl Pages {
    pub(crate) fn file(&self, path: &str) -> Option<&'static PageFile> {
        self.files.iter().find(|file| file.path == path)
    }
}
