//! What one source file says of others: its imports, its paths, its own items.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// An import as it is written, one name at a time.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name by which this file knows it; `*` for all that is there.
    pub(crate) name: String,
    pub(crate) exported: bool,
}

#[derive(Default)]
pub(crate) struct Module {
    pub(crate) children: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// Paths of two names and more, outside of imports.
    pub(crate) paths: Vec<Vec<String>>,
    /// Single names that are used, to tell a facade from a user.
    pub(crate) names: BTreeSet<String>,
    pub(crate) items: BTreeSet<String>,
}

impl Module {
    pub(crate) fn parse(text: &str) -> Module {
        let tokens: TokenStream = text.parse().expect("a source file is made of tokens");
        let mut module = Module::default();
        module.scan(tokens);
        module
    }

    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(&tokens, at);
        }
    }

    /// Reads one thing at `at` and returns where the next begins.
    fn step(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        match &tokens[at] {
            TokenTree::Punct(p) if p.as_char() == '#' => self.attribute(tokens, at),
            TokenTree::Group(group) => {
                self.scan(group.stream());
                at + 1
            }
            TokenTree::Ident(ident) => match ident.to_string().as_str() {
                "use" => self.import(tokens, at),
                "mod" if is_punct(tokens.get(at + 2), ';') => {
                    self.children.push(tokens[at + 1].to_string());
                    at + 3
                }
                "struct" | "enum" | "fn" | "trait" | "type" | "const" | "static" | "union" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                        self.items.insert(name.to_string());
                    }
                    at + 1
                }
                _ => self.path(tokens, at),
            },
            _ => at + 1,
        }
    }

    /// What is compiled for tests only leans on nothing that others see.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let Some(TokenTree::Group(group)) = tokens.get(at + 1) else {
            return at + 1;
        };
        let text = group.stream().to_string().replace(' ', "");
        if text != "cfg(test)" {
            self.scan(group.stream());
            return at + 2;
        }
        let mut end = at + 2;
        while end < tokens.len() {
            let body =
                matches!(&tokens[end], TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
            end += 1;
            if body || is_punct(tokens.get(end - 1), ';') {
                break;
            }
        }
        end
    }

    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let mut path = vec![tokens[at].to_string()];
        let mut end = at + 1;
        while is_separator(tokens, end) {
            let Some(TokenTree::Ident(next)) = tokens.get(end + 2) else {
                break;
            };
            path.push(next.to_string());
            end += 3;
        }
        // A field or a method of something is no name of a module's.
        let member = at > 0 && is_punct(tokens.get(at - 1), '.');
        if !member {
            self.names.insert(path[0].clone());
            if path.len() > 1 {
                self.paths.push(path);
            }
        }
        end
    }

    fn import(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let exported = at > 0
            && match &tokens[at - 1] {
                TokenTree::Ident(word) => word == "pub",
                // pub(crate), pub(super)
                TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
                _ => false,
            };
        let length = tokens[at..]
            .iter()
            .position(|token| is_punct(Some(token), ';'))
            .unwrap_or(1);
        self.tree(&tokens[at + 1..at + length], Vec::new(), exported);
        at + length + 1
    }

    /// One tree of an import: `a::{self, b as c, d::*}`.
    fn tree(&mut self, tokens: &[TokenTree], mut path: Vec<String>, exported: bool) {
        for branch in tokens.split(|token| is_punct(Some(token), ',')) {
            let depth = path.len();
            let mut name = None;
            let mut words = branch.iter();
            while let Some(word) = words.next() {
                match word {
                    TokenTree::Ident(word) if word == "as" => {
                        name = words.next().map(ToString::to_string);
                    }
                    TokenTree::Ident(word) => path.push(word.to_string()),
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.tree(&inner, path.clone(), exported);
                        name = Some(String::new());
                    }
                    TokenTree::Punct(p) if p.as_char() == '*' => name = Some("*".to_owned()),
                    _ => {}
                }
            }
            let grouped = name.as_deref() == Some("");
            if path.len() > depth || (name.is_some() && !grouped) {
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                if let (false, Some(last)) = (grouped, path.last()) {
                    self.imports.push(Import {
                        name: name.unwrap_or_else(|| last.clone()),
                        path: path.clone(),
                        exported,
                    });
                }
            }
            path.truncate(depth);
        }
    }
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == mark)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}
