"""The intermediate representation: what holds for each route (`policy`), what comes in and what comes out (`request`)."""
