"""The desk's pages, rendered on the server; they load nothing from another host."""
