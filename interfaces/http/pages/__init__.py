"""The pages behind the links in mails. They work without scripts."""
