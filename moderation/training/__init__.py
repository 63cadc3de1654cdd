"""What only training needs: fitting, the gate, the report and the model card."""
