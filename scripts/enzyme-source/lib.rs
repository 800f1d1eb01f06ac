//! Empty: this manifest only lets Cargo fetch, and check, the source of Enzyme that the package
//! `diffsl` carries.
