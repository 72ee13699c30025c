//! The pages of the user interface, as they come with the program.

use std::borrow::Cow;
use std::io::{self, Read as _};

use flate2::read::GzDecoder;

/// The pages that come with a program; none by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pages {
    /// Whether they are the user interface, or one page that says why it is missing.
    pub are_present: bool,
    /// Names this build of them: it changes whenever one of them does.
    pub build: &'static str,
    pub files: &'static [PageFile],
}

/// A file of the pages.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Its path as it is asked for.
    pub path: &'static str,
    pub content_type: &'static str,
    /// Names its content.
    pub hash: &'static str,
    pub content: PageContent,
}

/// The forms that come with the program. What is packed does not come plain too: whoever takes no packed form,
/// which no browser does, has it unpacked.
#[derive(Debug, Clone, Copy)]
pub enum PageContent {
    Plain(&'static [u8]),
    Packed {
        gzip: &'static [u8],
        brotli: &'static [u8],
    },
}

impl PageContent {
    /// As it was before it was packed.
    ///
    /// # Errors
    /// When the form by gzip is none.
    pub(crate) fn plain(self) -> io::Result<Cow<'static, [u8]>> {
        match self {
            Self::Plain(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Packed { gzip, .. } => {
                let mut bytes = Vec::new();
                GzDecoder::new(gzip).read_to_end(&mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

impl Pages {
    pub(crate) fn file(&self, path: &str) -> Option<&'static PageFile> {
        self.files.iter().find(|file| file.path == path)
    }
}
