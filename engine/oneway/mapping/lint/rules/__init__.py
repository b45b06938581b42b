"""The lint rules, one module each; each module defines `RULE`."""
