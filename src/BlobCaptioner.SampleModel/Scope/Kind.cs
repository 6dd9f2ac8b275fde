namespace BlobCaptioner.SampleModel.Scope;

/// <summary>What a drawn product is.</summary>
internal enum Kind
{
    Mug,
    Shirt,
    Bottle,
    Chair,
    Lamp,
    Bag,
    Hat,
    Sneaker,
    Table,
    Trousers,
    Dress,
    Ball,
}
