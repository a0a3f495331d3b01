//! Which file takes something from which, as far as written paths tell, and whether any of it leads back to where it began.
//!
//! A file takes from the one that defines what it names, not from those that only pass it on: a `pub use` is an arrow only
//! where the name is also used beside it. Tests are left out, because nothing is built on them. What a method call reaches
//! without naming its type is not seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::Source;

type Path = Vec<String>;

/// The files of a crate by their modules.
#[derive(Debug, Default)]
pub(super) struct House {
    files: BTreeMap<Path, File>,
    tests: BTreeSet<Path>,
}

#[derive(Debug)]
struct File {
    name: String,
    /// What it defines at its top level.
    defined: BTreeSet<String>,
    imports: Vec<Import>,
    /// Every word outside of imports.
    words: BTreeSet<String>,
    /// Every path outside of imports; one that begins with a name in scope behind `::`.
    paths: Vec<Path>,
}

#[derive(Debug)]
struct Import {
    /// What it is called here; `*`: everything.
    name: String,
    path: Path,
    is_public: bool,
}

/// Who takes what from whom.
pub(super) type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

impl House {
    /// Reads files, each by its name below `src`.
    pub(super) fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> House {
        let mut house = House::default();
        for (name, text) in files {
            let stem = name.trim_end_matches(".rs").trim_end_matches("/mod");
            let module: Path = match stem {
                "main" => continue,
                "lib" => Vec::new(),
                stem => stem.split('/').map(str::to_owned).collect(),
            };
            let mut tokens = Source::read(text).tokens;
            let tests = take_tests(&mut tokens).into_iter();
            house.tests.extend(tests.map(|test| below(&module, &test)));
            let file = File::read(name, &module, tokens);
            house.files.insert(module, file);
        }
        let House { files, tests } = &mut house;
        files.retain(|module, _| (0..=module.len()).all(|end| !tests.contains(&module[..end])));
        house
    }

    pub(super) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (module, file) in &self.files {
            let mut draw = |path: &[String]| {
                let Some((target, name)) = self.definer(path, 0) else {
                    return;
                };
                let to = &self.files[target];
                if to.name != file.name {
                    let names = arrows.entry(file.name.clone()).or_default();
                    let names = names.entry(to.name.clone()).or_default();
                    names.insert(name.to_owned());
                }
            };
            for import in &file.imports {
                if !import.is_public || file.words.contains(&import.name) {
                    draw(&self.seen_from_root(module, file, &import.path));
                }
            }
            for path in &file.paths {
                draw(&self.seen_from_root(module, file, path));
            }
        }
        arrows
    }

    /// The arrows between the modules that share a parent, whatever file below them is meant, by the parent. The file of the
    /// parent itself stands beside its children.
    pub(super) fn arrows_of_modules(&self) -> BTreeMap<String, Arrows> {
        let mut of_parents: BTreeMap<String, Arrows> = BTreeMap::new();
        let modules: BTreeMap<&str, &Path> = self
            .files
            .iter()
            .map(|(module, file)| (file.name.as_str(), module))
            .collect();
        for (from, targets) in self.arrows() {
            for (to, names) in targets {
                let (one, other) = (modules[from.as_str()], modules[to.as_str()]);
                let shared = one.iter().zip(other).take_while(|(a, b)| a == b).count();
                let child = |module: &Path| module.get(shared).cloned();
                let (Some(one), Some(other)) = (child(one), child(other)) else {
                    continue;
                };
                let parent = modules[from.as_str()][..shared].join("::");
                let arrows = of_parents.entry(parent).or_default();
                let named = arrows.entry(one).or_default().entry(other).or_default();
                named.extend(names);
            }
        }
        of_parents
    }

    /// A path as seen from the crate's root; one of another crate stays behind `::`.
    fn seen_from_root(&self, module: &Path, file: &File, path: &[String]) -> Path {
        let [mark, first, rest @ ..] = path else {
            return path.to_vec();
        };
        if mark != "::" {
            return path.to_vec();
        }
        let child = below(module, first);
        if self.files.contains_key(&child) {
            return [&child, rest].concat();
        }
        let import = file.imports.iter().find(|import| import.name == *first);
        match import {
            Some(import) if import.path[0] != "::" => [&import.path, rest].concat(),
            // Of another crate, or defined here.
            _ => path.to_vec(),
        }
    }

    /// The module that defines what a path names, and the name; none where it names a module, or leads out of the crate.
    fn definer<'p>(&self, path: &'p [String], steps: usize) -> Option<(&Path, &'p str)> {
        // Names that are passed on in a ring; the compiler takes none.
        if steps > 16 || path.first().is_some_and(|first| first == "::") {
            return None;
        }
        let mut depth = 0;
        while depth < path.len() && self.files.contains_key(&path[..=depth]) {
            depth += 1;
        }
        let (module, file) = self.files.get_key_value(&path[..depth])?;
        let name = path.get(depth)?;
        if file.defined.contains(name) || name == "*" {
            return Some((module, name));
        }
        let rest = &path[depth + 1..];
        let follow = |target: Path| self.definer(&target, steps + 1).map(|(module, _)| module);
        let passed_on = file.imports.iter().filter(|import| import.name == *name);
        let passed_on = passed_on
            .map(|import| [&self.seen_from_root(module, file, &import.path), rest].concat());
        let everything = file.imports.iter().filter(|import| import.name == "*");
        let everything = everything.map(|import| {
            let all = self.seen_from_root(module, file, &import.path);
            [&all[..all.len() - 1], &path[depth..]].concat()
        });
        let mut followed = passed_on.chain(everything).filter_map(follow);
        let found = followed.next();
        // What a macro defines is a word of its file.
        let found = found.or_else(|| file.words.contains(name).then_some(module));
        found.map(|module| (module, name.as_str()))
    }
}

impl File {
    fn read(name: &str, module: &[String], mut tokens: Vec<String>) -> File {
        let mut imports = take_imports(&mut tokens);
        let rest = Source {
            tokens,
            texts: Vec::new(),
        };
        for import in &mut imports {
            import.path = absolute(&import.path, module);
        }
        File {
            name: name.to_owned(),
            defined: defined(&rest.tokens),
            imports,
            paths: rest.paths(module),
            words: rest.tokens.into_iter().collect(),
        }
    }
}

/// Every way that leads back to where it began, each told once: the shortest through each of its stops.
pub(super) fn circles(arrows: &Arrows) -> BTreeSet<Vec<&str>> {
    let mut circles = BTreeSet::new();
    for start in arrows.keys() {
        if let Some(mut circle) = way_back(arrows, start) {
            let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or(0);
            circle.rotate_left(first);
            circles.insert(circle);
        }
    }
    circles
}

fn way_back<'a>(arrows: &'a Arrows, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for to in arrows.get(at).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let mut way = vec![at];
                while let Some(before) = way.last().and_then(|last| came_from.get(last)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(to.as_str()) {
                came_from.insert(to, at);
                open.push_back(to);
            }
        }
    }
    None
}

/// A circle in words: who takes what from whom.
pub(super) fn in_words(circle: &[&str], arrows: &Arrows) -> String {
    let next = circle.iter().cycle().skip(1);
    let steps = circle.iter().zip(next).map(|(from, to)| {
        let names: Vec<&str> = arrows[*from][*to].iter().map(String::as_str).collect();
        format!("{from} takes {} from {to}", names.join(", "))
    });
    steps.collect::<Vec<_>>().join("; ")
}

fn below(module: &[String], child: &str) -> Path {
    [module, &[child.to_owned()]].concat()
}

/// What `use crate`, `self` and `super` mean in this module; all else stays behind `::`.
fn absolute(path: &[String], module: &[String]) -> Path {
    let mut at = match path[0].as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => vec!["::".to_owned()],
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => {
                at.pop();
            }
            name => at.push(name.to_owned()),
        }
    }
    at
}

/// Takes out what is only compiled for tests; returns the modules among it that are files.
fn take_tests(tokens: &mut Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut files = Vec::new();
    while let Some(begin) = tokens.windows(MARK.len()).position(|it| it == MARK) {
        let item = begin + MARK.len();
        let is_end = |at: &usize| matches!(tokens[*at].as_str(), ";" | "{");
        let body = (item..tokens.len())
            .find(is_end)
            .unwrap_or(tokens.len() - 1);
        if tokens[body] == ";"
            && let Some(at) = tokens[item..body].iter().position(|it| it == "mod")
        {
            files.push(tokens[item + at + 1].clone());
        }
        let end = after_group(tokens, body);
        tokens.drain(begin..end);
    }
    files
}

/// The token after the group that opens here, or after this token where none does.
fn after_group(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Takes out every `use`, wherever it stands.
fn take_imports(tokens: &mut Vec<String>) -> Vec<Import> {
    let mut imports = Vec::new();
    // Not `use<'a>`, which says what a type captures.
    let is_import = |pair: &[String]| pair[0] == "use" && pair[1] != "<";
    while let Some(begin) = tokens.windows(2).position(is_import) {
        let is_public = begin > 0 && is_after_pub(&tokens[..begin]);
        let mut at = begin + 1;
        read_tree(tokens, &mut at, &[], &mut |name, path| {
            imports.push(Import {
                name,
                path,
                is_public,
            });
        });
        let end = tokens[at..].iter().position(|token| token == ";");
        tokens.drain(begin..end.map_or(tokens.len(), |end| at + end + 1));
    }
    imports
}

/// Whether these end in `pub`, or in `pub(…)`.
fn is_after_pub(tokens: &[String]) -> bool {
    let last = tokens.last().map(String::as_str);
    let open = || tokens.iter().rposition(|token| token == "(");
    match last {
        Some("pub") => true,
        Some(")") => open().is_some_and(|at| at > 0 && tokens[at - 1] == "pub"),
        _ => false,
    }
}

fn read_tree(
    tokens: &[String],
    at: &mut usize,
    before: &[String],
    found: &mut impl FnMut(String, Path),
) {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.as_str() {
            "::" => {}
            "{" => {
                while tokens.get(*at).is_some_and(|token| token != "}") {
                    match tokens[*at].as_str() {
                        "," => *at += 1,
                        _ => read_tree(tokens, at, &path, found),
                    }
                }
                *at += 1;
                return;
            }
            "as" => {
                let name = tokens.get(*at).cloned().unwrap_or_default();
                *at += 1;
                return found(name, path);
            }
            "," | "}" | ";" => {
                *at -= 1;
                break;
            }
            // `{self}` is what stands before it.
            "self" if !path.is_empty() => {}
            part => path.push(part.to_owned()),
        }
    }
    if let Some(name) = path.last().cloned() {
        found(name, path);
    }
}

/// What is defined outside of any braces.
fn defined(tokens: &[String]) -> BTreeSet<String> {
    const WORDS: [&str; 9] = [
        "fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod",
    ];
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                at = after_group(tokens, at);
                continue;
            }
            word if WORDS.contains(&word) => found.extend(tokens.get(at + 1).cloned()),
            "macro_rules" => found.extend(tokens.get(at + 2).cloned()),
            _ => {}
        }
        at += 1;
    }
    found
}
