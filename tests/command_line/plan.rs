//! `standin plan` and `standin lint`, where all is well.
