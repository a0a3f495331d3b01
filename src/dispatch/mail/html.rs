//! The same text as HTML. Nothing is added that could carry a message of its own: no images, no links, no colours.

use crate::domain::notice::Language;

/// Marks a list item in the approved texts.
const ITEM: &str = "- ";

/// A page with this text, marked with its language for screen readers.
pub(super) fn page(subject: &str, text: &str, language: Language) -> String {
    let mut body = String::new();
    for paragraph in text.split("\n\n") {
        blocks(paragraph, &mut body);
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n</head>\n\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em;\">\n{body}</body>\n</html>\n",
        escaped(subject)
    )
}

/// A paragraph; line breaks are kept, and items form lists.
fn blocks(paragraph: &str, page: &mut String) {
    let lines: Vec<&str> = paragraph
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    for block in lines.chunk_by(|one, next| is_item(one) == is_item(next)) {
        if block.iter().all(|line| is_item(line)) {
            let items = block.iter().filter_map(|line| line.strip_prefix(ITEM));
            let items: String = items
                .map(|item| format!("<li>{}</li>\n", escaped(item)))
                .collect();
            page.push_str(&format!("<ul>\n{items}</ul>\n"));
        } else {
            let lines: Vec<String> = block.iter().map(|line| escaped(line)).collect();
            page.push_str(&format!("<p>{}</p>\n", lines.join("<br>\n")));
        }
    }
}

fn is_item(line: &str) -> bool {
    line.starts_with(ITEM)
}

/// Escapes text for HTML.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for sign in words.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            sign => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_becomes_markup() {
        let hostile = "<script>alert(1)</script>\n- <img src=x onerror='y'> & \"z\"";
        let page = page("</title><b>", hostile, Language::English);
        for markup in ["<script", "<img", "<b>", "'y'", "\"z\""] {
            assert!(!page.contains(markup), "{markup}: {page}");
        }
        assert!(page.contains("<title>&lt;/title&gt;&lt;b&gt;</title>"));
        assert!(page.contains("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"));
        assert!(
            page.contains("<li>&lt;img src=x onerror=&#39;y&#39;&gt; &amp; &quot;z&quot;</li>")
        );
    }

    #[test]
    fn paragraphs_lines_and_lists_stay_what_they_are() {
        let text = "Ada\n\nReach us:\n- by chat\n- by phone\nSoon.\n\n\n\nYours,\nJive\n";
        let page = page("S", text, Language::French);
        assert!(page.contains("<html lang=\"fr\">"), "{page}");
        let body = page.split_once("40em;\">\n").map(|(_, body)| body);
        let expected = "<p>Ada</p>\n<p>Reach us:</p>\n<ul>\n<li>by chat</li>\n<li>by phone</li>\n</ul>\n<p>Soon.</p>\n\
                        <p>Yours,<br>\nJive</p>\n</body>\n</html>\n";
        assert_eq!(body, Some(expected));
    }
}
