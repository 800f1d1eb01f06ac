//! Published studies, and the page of one in a browser.

#[path = "../common.rs"]
mod common;

mod chromium;
mod metrics_page;
mod studies;
