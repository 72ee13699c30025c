//! `/openapi.json`: what this API is, in OpenAPI 3.1, made of the same list of endpoints as
//! the routes, with the types of the actors' contracts ([`schema`](crate::schema)).
//!
//! In reading order:
//! - [`document`](self::document): the finished document
//! - [`build`](self::build): from endpoints to the document
//! - [`operation`](self::operation): one endpoint in it; [`problems`](self::problems): what may
//!   go wrong there

mod build;
mod document;
mod operation;
mod problems;

pub(crate) use build::build;
pub(crate) use document::Document;
