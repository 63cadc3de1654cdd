"""What whoever runs the service needs: metrics, logs, several processes, their life."""
