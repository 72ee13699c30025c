//! Which module of a crate leans on which, and the rings in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::module::{Import, Module};

pub(crate) struct Graph {
    modules: BTreeMap<String, Module>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// All modules that can be reached from a crate's first file.
    pub(crate) fn read(root: &Path) -> Graph {
        let mut modules = BTreeMap::new();
        let folder = root.parent().expect("a file is in a folder");
        load(root, folder, String::new(), &mut modules);
        let mut graph = Graph {
            modules,
            edges: BTreeMap::new(),
        };
        graph.edges = graph
            .modules
            .keys()
            .map(|name| (name.clone(), graph.leans_on(name)))
            .collect();
        graph
    }

    pub(crate) fn len(&self) -> usize {
        self.modules.len()
    }

    fn leans_on(&self, name: &str) -> BTreeSet<String> {
        let module = &self.modules[name];
        // A facade hands names on and leans on nothing, unless it uses them too.
        let used = module
            .imports
            .iter()
            .filter(|import| !import.exported || module.names.contains(&import.name))
            .map(|import| &import.path);
        let paths = module.paths.iter();
        used.chain(paths)
            .filter_map(|path| self.resolve(name, path, 0))
            .filter(|target| target != name)
            .collect()
    }

    /// The module in which the item of a path is defined; none for what another crate has.
    fn resolve(&self, from: &str, path: &[String], depth: usize) -> Option<String> {
        // An import that names itself leads nowhere.
        if depth > 16 {
            return None;
        }
        let first = path.first()?;
        match first.as_str() {
            "crate" => self.walk(String::new(), &path[1..], depth),
            "self" => self.walk(from.to_owned(), &path[1..], depth),
            "super" => {
                let mut at = from.to_owned();
                let ups = path.iter().take_while(|word| *word == "super").count();
                for _ in 0..ups {
                    at = parent(&at);
                }
                self.walk(at, &path[ups..], depth)
            }
            _ if self.modules.contains_key(&child(from, first)) => {
                self.walk(child(from, first), &path[1..], depth)
            }
            _ => {
                let import = self.import(from, first)?;
                let mut whole = import.path.clone();
                whole.extend_from_slice(&path[1..]);
                // `use name::…` of another crate with the name that is looked for.
                if import.path.first() == Some(first) {
                    return None;
                }
                self.resolve(from, &whole, depth + 1)
            }
        }
    }

    fn walk(&self, at: String, rest: &[String], depth: usize) -> Option<String> {
        let Some(next) = rest.first() else {
            return Some(at);
        };
        let deeper = child(&at, next);
        if self.modules.contains_key(&deeper) {
            return self.walk(deeper, &rest[1..], depth);
        }
        let module = &self.modules[&at];
        if module.items.contains(next) {
            return Some(at);
        }
        if let Some(import) = self.import(&at, next) {
            let mut whole = import.path.clone();
            whole.extend_from_slice(&rest[1..]);
            return self.resolve(&at, &whole, depth + 1);
        }
        for glob in module.imports.iter().filter(|import| import.name == "*") {
            let target = self.resolve(&at, &glob.path, depth + 1);
            let owns = |name: &String| self.modules[name].items.contains(next);
            if let Some(target) = target.filter(owns) {
                return Some(target);
            }
        }
        // Made by a macro, which leans on nothing here.
        None
    }

    fn import(&self, module: &str, name: &str) -> Option<&Import> {
        let imports = &self.modules[module].imports;
        imports.iter().find(|import| import.name == name)
    }

    /// Modules that lean on each other, by the way they can be reached (a crate has a
    /// hundred at most, so the simplest way to find them will do).
    pub(crate) fn rings(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&String, BTreeSet<String>> = self
            .modules
            .keys()
            .map(|name| (name, self.reachable(name)))
            .collect();
        let mut rings = BTreeSet::new();
        for (name, targets) in &reach {
            let ring: Vec<String> = targets
                .iter()
                .filter(|target| reach[target].contains(*name))
                .cloned()
                .collect();
            if ring.len() > 1 {
                rings.insert(ring);
            }
        }
        rings.into_iter().collect()
    }

    fn reachable(&self, from: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(name) = next.pop() {
            for target in &self.edges[&name] {
                if found.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        found
    }

    /// The arrows of a ring, a line each.
    pub(crate) fn explain(&self, ring: &[String]) -> String {
        let mut lines = String::new();
        for name in ring {
            let targets: Vec<&str> = self.edges[name]
                .iter()
                .filter(|target| ring.contains(target))
                .map(|target| if target.is_empty() { "(root)" } else { target })
                .collect();
            let name = if name.is_empty() { "(root)" } else { name };
            lines += &format!("    {name} -> {}\n", targets.join(", "));
        }
        lines
    }
}

/// Reads a file and the files of its modules; those of tests were left out by the parser.
fn load(file: &Path, folder: &Path, name: String, modules: &mut BTreeMap<String, Module>) {
    let text = fs::read_to_string(file).expect("a source file");
    let module = Module::parse(&text);
    for inner in &module.children {
        let file = folder.join(format!("{inner}.rs"));
        // Written with #[path], or made by a build script: not a module of this folder.
        if file.exists() {
            load(&file, &folder.join(inner), child(&name, inner), modules);
        }
    }
    modules.insert(name, module);
}

fn child(of: &str, name: &str) -> String {
    if of.is_empty() {
        name.to_owned()
    } else {
        format!("{of}::{name}")
    }
}

fn parent(of: &str) -> String {
    of.rsplit_once("::")
        .map(|(parent, _)| parent.to_owned())
        .unwrap_or_default()
}
