#!/bin/sh
# Prove that a restored database is whole: fold every view from its log, and compare it with the one
# in the database. Needs ANNALS_DATABASE_URL; changes nothing.
set -eu
annals views
annals views verify --all
