"""How the desk looks: its words, its templates, texts made safe to read, and charts."""
