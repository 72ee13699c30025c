//! The rules of the house, held against the sources: layers, rings of modules, the shape of
//! files, words, generated contracts, what the guide quotes, known holes in dependencies.

mod advisories;
mod bundle;
mod guide;
mod layers;
mod metrics;
mod neutral;
mod rings;
mod tidy;
mod wit_client;
mod words;
