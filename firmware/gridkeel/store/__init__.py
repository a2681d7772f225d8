"""What survives a power cut beside the configuration: the journal, in a part of the area that the slots leave free."""
