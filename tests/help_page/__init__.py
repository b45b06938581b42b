"""The help page of the integration, sentence by sentence, over both sandboxes."""
