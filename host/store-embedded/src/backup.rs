//! The whole store in one file: taken while it works, as it is at one moment; verified without a
//! store; brought back into a directory of its own.
//!
//! - [`format`](mod@format): what is in the file
//! - [`pieces`]: how it is written
//! - [`reader`]: how it is read, and found to be whole
//! - [`verify`](mod@verify), [`summary`]: what is said of it
//! - [`restore`](mod@restore): how a store is made of it
//! - [`error`]: why not
//!
//! It has the rows of all tables and not the files of the database: so it does not depend on the
//! layout of a library's files, is as small as what there is, and whoever reads it checks each row's
//! checksum on the way.

mod error;
mod format;
mod pieces;
mod reader;
mod restore;
mod summary;
#[cfg(test)]
mod tests;
mod verify;

pub use self::error::BackupError;
pub(crate) use self::pieces::Pieces;
pub use self::restore::restore;
pub use self::summary::Summary;
pub use self::verify::verify;
