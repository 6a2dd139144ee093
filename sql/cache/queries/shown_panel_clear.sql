-- Panel members of intents: all go.
DELETE FROM shown_panel;
