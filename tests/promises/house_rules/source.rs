//! Rust source, taken apart as far as the house rules need it: words and signs without comments, and the texts apart.

/// A source file in pieces.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Identifiers, and every other sign by itself but for `::`.
    pub(super) tokens: Vec<String>,
    /// What stands in string literals.
    pub(super) texts: Vec<String>,
}

impl Source {
    pub(super) fn read(source: &str) -> Source {
        let mut read = Source::default();
        let mut rest = source;
        while let Some(first) = rest.chars().next() {
            rest = if rest.starts_with("//") {
                rest.find('\n').map_or("", |end| &rest[end..])
            } else if rest.starts_with("/*") {
                after_block_comment(rest)
            } else if let Some((text, after)) = string_literal(rest) {
                read.texts.push(text.to_owned());
                after
            } else if let Some(after) = after_character(rest) {
                after
            } else if first.is_alphanumeric() || first == '_' {
                let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                read.tokens.push(word.to_owned());
                after
            } else if let Some(after) = rest.strip_prefix("::") {
                read.tokens.push("::".to_owned());
                after
            } else {
                if !first.is_whitespace() {
                    read.tokens.push(first.to_string());
                }
                &rest[first.len_utf8()..]
            };
        }
        read
    }

    /// Every path that is written, as seen from the crate's root, in a file that holds the module `module`. A `use` of a
    /// whole group counts as each of its paths. Paths of other crates keep their own name behind `::`.
    pub(super) fn paths(&self, module: &[String]) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let (mut here, mut depth) = (module.to_vec(), 0_usize);
        let mut opened = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            match self.tokens[at].as_str() {
                "mod" if self.token(at + 2) == "{" => {
                    opened.push(depth);
                    here.push(self.token(at + 1).to_owned());
                    depth += 1;
                    at += 3;
                }
                "{" => {
                    depth += 1;
                    at += 1;
                }
                "}" => {
                    depth -= 1;
                    if opened.last() == Some(&depth) {
                        opened.pop();
                        here.pop();
                    }
                    at += 1;
                }
                // As in `pub(crate)` and `&self`.
                "crate" | "self" | "super" if !matches!(self.token(at + 1), "::" | "as") => at += 1,
                word if starts_a_path(word) && self.token_before(at) != "::" => {
                    let mut written = Vec::new();
                    at = self.tree(at, &[], &mut written);
                    paths.extend(written.iter().map(|path| absolute(path, &here)));
                }
                _ => at += 1,
            }
        }
        paths
    }

    /// Reads a path or a tree of paths from a token on; returns where it ends.
    fn tree(&self, mut at: usize, before: &[String], written: &mut Vec<Vec<String>>) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.token(at) {
                "{" => {
                    at += 1;
                    while !matches!(self.token(at), "}" | "") {
                        at = match self.token(at) {
                            "," => at + 1,
                            "as" => at + 2,
                            // At least one sign on, whatever stands there.
                            _ => self.tree(at, &path, written).max(at + 1),
                        };
                    }
                    return at + 1;
                }
                word if starts_a_path(word) => path.push(word.to_owned()),
                sign => {
                    // `*`, or the `<` of a type's parameters, which is read on its own.
                    written.push(path);
                    return if sign == "*" { at + 1 } else { at };
                }
            }
            at += 1;
            if self.token(at) != "::" {
                written.push(path);
                return at;
            }
            at += 1;
        }
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    fn token_before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.token(before))
    }
}

fn starts_a_path(word: &str) -> bool {
    word.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

/// A path of this crate without `crate`, `self` and `super`; one of another crate, or of a name in scope, behind `::`.
fn absolute(path: &[String], here: &[String]) -> Vec<String> {
    let mut at = match path[0].as_str() {
        "crate" => Vec::new(),
        "self" | "super" => here.to_vec(),
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

fn after_block_comment(source: &str) -> &str {
    let (mut depth, mut at) = (0_usize, 0);
    while at < source.len() {
        let rest = &source[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return &source[at..];
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    ""
}

/// The text of the literal that stands here, plain, of bytes or raw, and what comes after it.
fn string_literal(source: &str) -> Option<(&str, &str)> {
    let body = source.trim_start_matches(['b', 'c']);
    if source.len() - body.len() > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let open = raw.trim_start_matches('#');
        let text = open.strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(raw.len() - open.len()));
        let end = text.find(&close)?;
        return Some((&text[..end], &text[end + close.len()..]));
    }
    let text = body.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|sign| {
        let ends = sign == '"' && !escaped;
        escaped = sign == '\\' && !escaped;
        ends
    })?;
    Some((&text[..end], &text[end + 1..]))
}

/// What comes after the character literal that stands here; a lifetime is none.
fn after_character(source: &str) -> Option<&str> {
    let body = source.strip_prefix('\'')?;
    if let Some(escape) = body.strip_prefix('\\') {
        // The escaped sign itself may be a quote.
        let end = escape.char_indices().nth(1)?.0;
        return escape[end..].find('\'').map(|at| &escape[end + at + 1..]);
    }
    let sign = body.chars().next()?;
    body[sign.len_utf8()..].strip_prefix('\'')
}
