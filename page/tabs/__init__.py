"""The page's tabs, one folder or file each; none imports another."""
