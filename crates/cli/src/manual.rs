//! `kaquan manual`: prints the pages of the manual that are written from kaquan's own tables.

use crate::{Failure, out};
use clap::ValueEnum;
use kaquan_core::card::{Language, fields_page};
use kaquan_server::differences::differences_page;
use kaquan_server::manual::{api_page, errors_page};

/// Flags of `kaquan manual`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The page.
    #[arg(value_enum)]
    page: Page,
    /// The language.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Page {
    /// Every field of a card.
    Fields,
    /// Every path.
    Api,
    /// Every errcode.
    Errors,
    /// Where WeChat's manual, real traffic and kaquan disagree.
    Differences,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// English.
    En,
    /// 中文.
    Zh,
}

/// Prints the page.
pub fn run(args: Args) -> Result<(), Failure> {
    let language = match args.lang {
        Lang::En => Language::En,
        Lang::Zh => Language::Zh,
    };
    out::text(&match args.page {
        Page::Fields => fields_page(language),
        Page::Api => api_page(language),
        Page::Errors => errors_page(language),
        Page::Differences => differences_page(language),
    });
    Ok(())
}
