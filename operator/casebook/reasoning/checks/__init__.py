"""What several causes look at in the same way."""
