"""The page as functions: over HTTP, by gradio_client and as tools of an assistant."""
