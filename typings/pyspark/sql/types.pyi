from collections.abc import Iterator

class DataType:
    def simpleString(self) -> str: ...

class StructField:
    name: str
    dataType: DataType
    nullable: bool

class StructType(DataType):
    fields: list[StructField]
    def __iter__(self) -> Iterator[StructField]: ...
    def fieldNames(self) -> list[str]: ...
