//! Plugins that are bound to actors.

use super::pass::{act, look};
use super::schema::{self, count, list, object, text, text_or_null};
use crate::endpoint::{Endpoint, delete, get};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/admin/plugins", look)
            .summary("Plugins that are bound to actors, and how they do")
            .for_operators()
            .gives(|schemas| {
                let plugin = object(&[
                    ("actor", "Whose it is, as `type/key`.", text()),
                    ("digest", "Its name.", text()),
                    ("bytes", "The size of its component.", count()),
                    ("boundAt", "Since when.", schema::time()),
                    (
                        "signedBy",
                        "The name of the key that signed it.",
                        text_or_null(),
                    ),
                    (
                        "asked?",
                        "How often it was asked, on one of the silos.",
                        count(),
                    ),
                    ("failed?", "How often it did not answer well.", count()),
                    (
                        "busy?",
                        "How often it was not asked, for want of room.",
                        count(),
                    ),
                    (
                        "longestMs?",
                        "Its longest answer, in milliseconds.",
                        schema::any(),
                    ),
                    ("lastFailure?", "What went wrong last.", text_or_null()),
                    ("unusable?", "Why it is not asked at all.", text()),
                ]);
                let plugin = schemas.name("AdminPlugin", plugin);
                object(&[("plugins", "All of them.", list(plugin))])
            }),
        delete("/api/admin/plugins/{type}/{key}", act)
            .summary("Take the plugin of an actor away")
            .for_operators()
            .gives_nothing("It is asked no more."),
    ]
}
