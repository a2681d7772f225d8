"""One battery: open-circuit voltage, equivalent circuit, thermal model, ageing; pure, arrays over vehicles."""
