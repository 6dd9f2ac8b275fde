@export()
type identity = {
  id: string
  clientId: string
}
